import { ProblemError } from "../http/problem.ts";
import type { FileDetails } from "../../durable-objects/index.ts";
import { attachment } from "./content-disposition.ts";
import { objectKey } from "./object-key.ts";

/**
 * A stored file as a download: `Range`, `If-None-Match` and the like are R2's to answer. What people
 * uploaded is never rendered in this site's origin.
 *
 * @throws ProblemError `file_not_found` while the file is not stored, `malformed_request` for a range
 *   outside of it
 */
export async function downloadObject(
  bucket: R2Bucket,
  batch: string,
  file: FileDetails,
  request: Headers,
): Promise<Response> {
  const object = await getObject(bucket, objectKey(batch, file.id, file.name), request);
  if (object === null) {
    throw new ProblemError(
      "file_not_found",
      "Come back when the file is completed: it is not stored.",
    );
  }
  const headers = new Headers({
    "Accept-Ranges": "bytes",
    "Cache-Control": "private, no-cache",
    "Content-Disposition": attachment(file.name),
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Content-Type": file.type,
    "X-Content-Type-Options": "nosniff",
    ETag: object.httpEtag,
  });
  if (!("body" in object))
    return new Response(null, { status: preconditionStatus(request), headers });
  if (!request.has("Range")) return new Response(object.body, { headers });
  headers.set("Content-Range", contentRange(object));
  return new Response(object.body, { status: 206, headers });
}

async function getObject(bucket: R2Bucket, key: string, headers: Headers) {
  try {
    return await bucket.get(key, { range: headers, onlyIf: headers });
  } catch (error) {
    if (/\(10039\)/u.test(String(error))) throw rangeProblem();
    throw new ProblemError("storage_failed", "Ask again: reading the file did not work.");
  }
}

function rangeProblem(): ProblemError {
  return new ProblemError("range_not_satisfiable", "Ask for a range within the file.");
}

function preconditionStatus(request: Headers): 304 | 412 {
  return request.has("If-None-Match") || request.has("If-Modified-Since") ? 304 : 412;
}

function contentRange({ range, size }: R2ObjectBody): string {
  const { offset, length } = boundsOf(range, size);
  return `bytes ${offset}-${offset + length - 1}/${size}`;
}

/** R2 says the range as it was asked for: by its end, or by its beginning. */
function boundsOf(range: R2Range | undefined, size: number): { offset: number; length: number } {
  if (range && "suffix" in range && range.suffix !== undefined) {
    const length = Math.min(range.suffix, size);
    return { offset: size - length, length };
  }
  const { offset = 0, length = size - offset } = { offset: undefined, length: undefined, ...range };
  return { offset, length };
}
