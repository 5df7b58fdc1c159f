import type { BundlePart } from "./transport.ts";
import { UNKNOWN_TYPE } from "../../protocol/index.ts";

/** A form. Its blob is made of the files' blobs, and costs no memory until it's sent. */
export interface MultipartBody {
  blob: Blob;
  contentType: string;
}

/** Returns `multipart/form-data` with one part per file, in order, named by the file's id. */
export function multipartBody(parts: readonly BundlePart[]): MultipartBody {
  const boundary = `tallyman-${crypto.getRandomValues(new Uint32Array(4)).join("-")}`;
  const pieces = parts.flatMap(({ id, blob }) => [partHead(boundary, id), blob, "\r\n"]);
  const contentType = `multipart/form-data; boundary=${boundary}`;
  return { blob: new Blob([...pieces, `--${boundary}--\r\n`]), contentType };
}

/** The file's real name is in its declaration. */
function partHead(boundary: string, id: number): string {
  return [
    `--${boundary}`,
    `Content-Disposition: form-data; name="${id}"; filename="${id}"`,
    `Content-Type: ${UNKNOWN_TYPE}`,
    "\r\n",
  ].join("\r\n");
}
