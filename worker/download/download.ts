import type { StoredFile } from "../../durable-objects/index.ts";
import { objectKey } from "../../storage/keys.ts";
import { findObject, getObject } from "../../storage/objects.ts";
import { ProblemError } from "../http/problem.ts";
import { attachmentHeaders, contentRange, preconditionFailed } from "./attachment.ts";
import {
  failedCondition,
  hasCondition,
  httpDate,
  isRangeCurrent,
  type Validators,
} from "./conditions.ts";
import { downloadType } from "./content-type.ts";
import { parseRange } from "./range.ts";

/**
 * Returns a stored file as a download. The type, `Content-Disposition` and a sandbox keep browsers from
 * running or rendering the file in this origin.
 *
 * @throws ProblemError `file_not_found` if the file is not stored, `range_not_satisfiable` for a
 *   range outside the file, `precondition_failed`, `storage_failed`
 */
export async function downloadObject(
  bucket: R2Bucket,
  file: StoredFile,
  request: Request,
): Promise<Response> {
  if (file.etag === undefined) throw notStored(file);
  const isHead = request.method === "HEAD";
  if (!isHead && !hasCondition(request.headers)) return contentOf(bucket, file, request.headers);
  // Only `head` costs R2 no read of the bytes, which a response to HEAD and a 304 don't have.
  const object = await findObject(bucket, objectKey(file));
  if (object === null) throw notStored(file);
  const validators = validatorsOf(object);
  const status = failedCondition(request.headers, validators);
  const headers = downloadHeaders(file, object);
  if (status === 412) throw preconditionFailed("file", headers);
  if (status !== null) return new Response(null, { status, headers });
  if (!isHead) return contentOf(bucket, file, request.headers, validators);
  // RFC 9110 defines ranges for GET only.
  headers.set("Content-Length", String(object.size));
  return new Response(null, { headers });
}

/** @param validators absent if the request has no condition with a date */
async function contentOf(
  bucket: R2Bucket,
  file: StoredFile,
  request: Headers,
  validators: Partial<Validators> = {},
): Promise<Response> {
  const current = { etag: `"${file.etag}"`, ...validators };
  const range = isRangeCurrent(request, current)
    ? parseRange(request.get("Range"), file.size)
    : null;
  const object = await getObject(bucket, file, range ? { range } : {});
  if (object === null) throw notStored(file);
  const headers = downloadHeaders(file, object);
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

function validatorsOf({ httpEtag, uploaded }: R2Object): Validators {
  return { etag: httpEtag, lastModified: uploaded };
}

function downloadHeaders({ name, type }: StoredFile, { httpEtag, uploaded }: R2Object): Headers {
  const headers = attachmentHeaders({ name, type: downloadType(type), etag: httpEtag });
  headers.set("Last-Modified", httpDate(uploaded));
  return headers;
}
