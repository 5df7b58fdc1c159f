import type { StoredFile } from "../../durable-objects/index.ts";
import { getObject } from "../../storage/objects.ts";
import { ProblemError } from "../http/problem.ts";
import { downloadType } from "./content-type.ts";
import { type ByteRange, parseRange, validConditions } from "./request-headers.ts";

/**
 * Returns a stored file as a download. R2 evaluates the conditional headers of the request.
 * The type, `Content-Disposition` and a sandbox keep browsers from running or rendering the file in this
 * origin.
 *
 * @throws ProblemError `file_not_found` if the file is not stored, `range_not_satisfiable` for a
 *   range outside the file, `storage_failed`
 */
export async function downloadObject(
  bucket: R2Bucket,
  file: StoredFile,
  request: Headers,
): Promise<Response> {
  if (file.etag === undefined) throw notStored(file);
  const range = requestedRange(request, file);
  const onlyIf = validConditions(request);
  const object = await getObject(bucket, file, { onlyIf, ...(range && { range }) });
  if (object === null) throw notStored(file);
  const headers = downloadHeaders(file, object.httpEtag);
  if (!("body" in object)) {
    return new Response(null, { status: failedConditionStatus(onlyIf), headers });
  }
  if (!range) return new Response(object.body, { headers });
  headers.set("Content-Range", contentRange(range, file.size));
  return new Response(object.body, { status: 206, headers });
}

function notStored({ id, state }: StoredFile): ProblemError {
  return new ProblemError(
    "file_not_found",
    `File ${id} is not stored, its state is ${state}; download it once it is completed.`,
  );
}

/** A client whose `If-Range` names another version needs the whole file. */
function requestedRange(request: Headers, { size, etag }: StoredFile): ByteRange | null {
  const version = request.get("If-Range");
  if (version !== null && version !== `"${etag}"`) return null;
  return parseRange(request.get("Range"), size);
}

function downloadHeaders({ name, type }: StoredFile, etag: string): Headers {
  return new Headers({
    "Accept-Ranges": "bytes",
    "Cache-Control": "private, no-cache",
    "Content-Disposition": attachment(name),
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Content-Type": downloadType(type),
    "X-Content-Type-Options": "nosniff",
    ETag: etag,
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

function failedConditionStatus(conditions: Headers): 304 | 412 {
  return conditions.has("If-None-Match") || conditions.has("If-Modified-Since") ? 304 : 412;
}

function contentRange({ offset, length }: ByteRange, size: number): string {
  return `bytes ${offset}-${offset + length - 1}/${size}`;
}
