/** One file on its way, and where its content begins in the body of its request. */
interface Stretch {
  id: number;
  /** Bytes of the body before the file's first. */
  start: number;
  /** Bytes of the file. */
  size: number;
}

/** Where in a request's body each of its files lies, so that bytes sent become bytes of files. */
class BodyLayout {
  readonly #stretches: readonly Stretch[];
  /** All files before this one are wholly sent: a long bundle is not searched at every event. */
  #current = 0;

  constructor(stretches: readonly Stretch[]) {
    this.#stretches = stretches;
  }

  /**
   * Tells of the files whose sent bytes have changed since the last call.
   *
   * @param sent bytes of the body that have been sent; never fewer than before
   */
  advance(sent: number, report: (id: number, bytes: number) => void): void {
    for (; this.#current < this.#stretches.length; this.#current++) {
      const stretch = this.#stretches[this.#current];
      if (stretch === undefined || sent < stretch.start) return;
      const bytes = Math.min(stretch.size, sent - stretch.start);
      report(stretch.id, bytes);
      if (bytes < stretch.size) return;
    }
  }
}

/** The body of one request, not yet read: a Blob of Blobs costs no memory until it is sent. */
export interface Body {
  blob: Blob;
  contentType: string;
  layout: BodyLayout;
}

/** One whole file, or one part of it. */
export function wholeBody(id: number, file: Blob, type: string): Body {
  return {
    blob: file,
    contentType: type === "" ? "application/octet-stream" : type,
    layout: new BodyLayout([{ id, start: 0, size: file.size }]),
  };
}

/**
 * `multipart/form-data` with one part for each file, in order; a part's name is the file's id.
 *
 * Parts carry no `Content-Digest`: to make one, a page would read every file twice. Between page
 * and server TLS keeps the bytes whole, and the server keeps the digest of what it stored.
 */
export function bundleBody(files: readonly { id: number; blob: Blob }[]): Body {
  const boundary = `tallyman-${crypto.getRandomValues(new Uint32Array(4)).join("-")}`;
  const pieces: (string | Blob)[] = [];
  const stretches: Stretch[] = [];
  let length = 0;
  for (const { id, blob } of files) {
    const head = partHead(boundary, id);
    stretches.push({ id, start: length + head.length, size: blob.size });
    pieces.push(head, blob, "\r\n");
    length += head.length + blob.size + 2;
  }
  pieces.push(`--${boundary}--\r\n`);
  const contentType = `multipart/form-data; boundary=${boundary}`;
  return { blob: new Blob(pieces), contentType, layout: new BodyLayout(stretches) };
}

/** ASCII only, so that its length is its bytes. The real name is in the declaration. */
function partHead(boundary: string, id: number): string {
  return [
    `--${boundary}`,
    `Content-Disposition: form-data; name="${id}"; filename="${id}"`,
    "Content-Type: application/octet-stream",
    "\r\n",
  ].join("\r\n");
}
