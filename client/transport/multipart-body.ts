import type { BundlePart, UploadRequest } from "./transport.ts";
import { UNKNOWN_TYPE } from "../../protocol/index.ts";

/** A form. */
export interface MultipartBody {
  blob: Blob;
  contentType: string;
}

/**
 * Returns `multipart/form-data` with one part per file, in order, named by the file's id.
 *
 * A browser's `FormData` has no place for a digest. Its form is no faster to send: a blob of bytes in
 * memory is one blob, while each file of a `FormData` is one of its own, and read once more.
 */
export function multipartBody(parts: readonly BundlePart[]): MultipartBody {
  const boundary = `tallyman-${randomText()}`;
  const pieces = parts.flatMap((part) => [partHead(boundary, part), part.bytes, "\r\n"]);
  const contentType = `multipart/form-data; boundary=${boundary}`;
  return { blob: new Blob([...pieces, `--${boundary}--\r\n`]), contentType };
}

/** Returns 96 random bits, in few characters: each file carries them. */
function randomText(): string {
  return Array.from(crypto.getRandomValues(new Uint32Array(3)), (n) => n.toString(36)).join("");
}

/** The file's real name is in its declaration. */
function partHead(boundary: string, { id, headers }: BundlePart): string {
  return [
    `--${boundary}`,
    `Content-Disposition: form-data; name="${id}"; filename="${id}"`,
    `Content-Type: ${UNKNOWN_TYPE}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    "\r\n",
  ].join("\r\n");
}

/** A request whose body is one blob. */
export interface EncodedRequest extends UploadRequest {
  body: Blob;
}

/** Returns the request with its files as a form, if it is a bundle. */
export function encode({ body, headers, ...request }: UploadRequest): EncodedRequest {
  if (body instanceof Blob) return { ...request, headers, body };
  const { blob, contentType } = multipartBody(body);
  return { ...request, headers: { ...headers, "content-type": contentType }, body: blob };
}
