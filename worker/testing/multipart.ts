/** One part of a form. */
export interface Part {
  /** Name of the field. In a bundle, it is a file's id. */
  name: number | string;
  bytes: Uint8Array | string;
  filename?: string;
  /** Headers besides Content-Disposition. */
  headers?: Record<string, string>;
}

export const BOUNDARY = "----tallyman-test-0123456789";
export const FORM_TYPE = `multipart/form-data; boundary=${BOUNDARY}`;

/** Returns the body of a form. */
export function formBody(parts: readonly Part[], boundary = BOUNDARY): Uint8Array<ArrayBuffer> {
  return concat([unclosedBody(parts, boundary), utf8(`--${boundary}--\r\n`)]);
}

/** Returns the body of a form without its closing boundary. */
export function unclosedBody(parts: readonly Part[], boundary = BOUNDARY): Uint8Array<ArrayBuffer> {
  return concat(parts.flatMap((part) => partChunks(part, boundary)));
}

/** Returns the options of `fetch` for a form. */
export function formRequest(body: Uint8Array<ArrayBuffer>) {
  return { method: "POST", headers: { "Content-Type": FORM_TYPE }, body };
}

export function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

export function concat(chunks: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const chunk of chunks) {
    whole.set(chunk, offset);
    offset += chunk.length;
  }
  return whole;
}

function partChunks({ name, filename, headers = {}, bytes }: Part, boundary: string): Uint8Array[] {
  const file = filename === undefined ? "" : `; filename="${filename}"`;
  const lines = [
    `--${boundary}`,
    `Content-Disposition: form-data; name="${name}"${file}`,
    ...Object.entries(headers).map(([key, value]) => `${key}: ${value}`),
    "\r\n",
  ];
  const content = typeof bytes === "string" ? utf8(bytes) : bytes;
  return [utf8(lines.join("\r\n")), content, utf8("\r\n")];
}
