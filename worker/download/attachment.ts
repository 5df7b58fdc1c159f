import { ProblemError } from "../http/problem.ts";
import type { ByteRange } from "./range.ts";

/**
 * Returns the headers of a download. The type, `Content-Disposition` and a sandbox keep browsers from
 * running or rendering it in this origin.
 *
 * @param file.type one that no browser runs
 * @param file.etag with quotes
 */
export function attachmentHeaders(file: { name: string; type: string; etag: string }): Headers {
  return new Headers({
    "Accept-Ranges": "bytes",
    // Cloudflare would compress text on its way: without a length, with a weak tag, even a range.
    "Cache-Control": "private, no-cache, no-transform",
    // `wrangler dev` ignores no-transform.
    "Content-Encoding": "identity",
    "Content-Disposition": attachment(file.name),
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Content-Type": file.type,
    "X-Content-Type-Options": "nosniff",
    ETag: file.etag,
  });
}

/** Characters that `encodeURIComponent` keeps and RFC 5987 does not allow. */
const NOT_ATTR_CHAR = /['()*]/gu;

/**
 * Returns the `Content-Disposition` of a download (RFC 6266): the name in ASCII for old clients, and
 * in UTF-8.
 */
export function attachment(name: string): string {
  const ascii = name.replaceAll(/[^\x20-\x7e]|["\\%]/gu, "_");
  const encoded = encodeURIComponent(name).replaceAll(
    NOT_ATTR_CHAR,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="${ascii}"; filename*=UTF-8''${encoded}`;
}

/** Returns the `Content-Range` of a range of `size` bytes. */
export function contentRange({ offset, length }: ByteRange, size: number): string {
  return `bytes ${offset}-${offset + length - 1}/${size}`;
}

/**
 * Returns the problem of a request whose condition does not hold.
 *
 * @param what "file" or "archive"
 * @param headers those of the download
 */
export function preconditionFailed(what: string, headers: Headers): ProblemError {
  const etag = headers.get("ETag") ?? "";
  const date = headers.get("Last-Modified");
  const detail = `The ${what}'s ETag is ${etag}${date === null ? "" : `, and it was stored on ${date}`}; send a condition that it meets, or none.`;
  const validators = { ETag: etag, ...(date !== null && { "Last-Modified": date }) };
  return new ProblemError("precondition_failed", detail, { headers: validators });
}
