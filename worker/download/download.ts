import { ProblemError } from "../http/problem.ts";
import type { StoredFile } from "../../durable-objects/index.ts";
import { type ByteRange, byteRange } from "./byte-range.ts";
import { attachment } from "./content-disposition.ts";
import { objectKey } from "../../storage/keys.ts";
import { preconditionsOf } from "./preconditions.ts";

/**
 * A stored file as a download: `If-None-Match` and the like are R2's to answer. What people uploaded
 * is never rendered in this site's origin.
 *
 * @throws ProblemError `file_not_found` while the file is not stored, `range_not_satisfiable` for a
 *   range outside of it, `storage_failed`
 */
export async function downloadObject(
  bucket: R2Bucket,
  file: StoredFile,
  request: Headers,
): Promise<Response> {
  if (file.etag === undefined) throw notStored();
  const range = rangeOf(request, file);
  const key = objectKey(file.folder, file.id, file.name);
  const onlyIf = preconditionsOf(request);
  const object = await getObject(bucket, key, { onlyIf, ...(range && { range }) });
  if (object === null) throw notStored();
  const headers = downloadHeaders(file, object.httpEtag);
  if (!("body" in object)) {
    return new Response(null, { status: preconditionStatus(onlyIf), headers });
  }
  if (!range) return new Response(object.body, { headers });
  headers.set("Content-Range", contentRange(range, file.size));
  return new Response(object.body, { status: 206, headers });
}

function notStored(): ProblemError {
  return new ProblemError(
    "file_not_found",
    "Come back when the file is completed: it is not stored.",
  );
}

/** Whoever has part of another version (`If-Range`) needs the whole of this one. */
function rangeOf(request: Headers, { size, etag }: StoredFile): ByteRange | null {
  const version = request.get("If-Range");
  if (version !== null && version !== `"${etag}"`) return null;
  return byteRange(request.get("Range"), size);
}

async function getObject(bucket: R2Bucket, key: string, options: R2GetOptions) {
  try {
    return await bucket.get(key, options);
  } catch {
    throw new ProblemError("storage_failed", "Ask again: reading the file did not work.");
  }
}

function downloadHeaders({ name, type }: StoredFile, etag: string): Headers {
  return new Headers({
    "Accept-Ranges": "bytes",
    "Cache-Control": "private, no-cache",
    "Content-Disposition": attachment(name),
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Content-Type": type,
    "X-Content-Type-Options": "nosniff",
    ETag: etag,
  });
}

function preconditionStatus(conditions: Headers): 304 | 412 {
  return conditions.has("If-None-Match") || conditions.has("If-Modified-Since") ? 304 : 412;
}

function contentRange({ offset, length }: ByteRange, size: number): string {
  return `bytes ${offset}-${offset + length - 1}/${size}`;
}
