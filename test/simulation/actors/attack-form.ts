/** A file in a form. */
export interface FormFile {
  /** Name of the form's field. */
  field: string;
  /** Its file name. */
  name: string;
  bytes: Uint8Array;
  /** Base64 SHA-256 that the part claims; absent if it claims none. */
  digest?: string;
}

const BOUNDARY = "simulated-boundary";

export const FORM_TYPE = `multipart/form-data; boundary=${BOUNDARY}`;

/** Returns the body of a form with these files. */
export function formBody(files: readonly FormFile[]): Uint8Array<ArrayBuffer> {
  const parts = files.flatMap(({ field, name, bytes, digest }) => [
    `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${field}"; filename="${name}"\r\n`,
    digest === undefined ? "\r\n" : `Content-Digest: sha-256=:${digest}:\r\n\r\n`,
    bytes,
    "\r\n",
  ]);
  return Uint8Array.from(Buffer.concat([...parts, `--${BOUNDARY}--\r\n`].map(bytesOf)));
}

function bytesOf(piece: string | Uint8Array): Uint8Array {
  return typeof piece === "string" ? Buffer.from(piece) : piece;
}
