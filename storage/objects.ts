import type { Admission } from "../durable-objects/index.ts";
import { ProblemError } from "../worker/http/problem.ts";
import { objectKey, truncate } from "./keys.ts";

/** Bytes of the original name kept with the object: all its metadata may have 2,048. */
const METADATA_NAME_BYTES = 1024;

/** A file on its way into the bucket. */
export interface StoringFile {
  file: Pick<Admission, "id" | "name" | "folder">;
  type: string;
  /** Hex, where it is known before the file is stored. */
  sha256?: string;
}

/** Only where nothing is: of two requests that send the same file, one stores it. */
const NOTHING_THERE = new Headers({ "If-None-Match": "*" });

/**
 * Puts a file into the bucket, whole.
 *
 * @param isVerified has the digest been checked here? Otherwise R2 refuses what does not match it
 * @returns R2's etag, without quotes; null where an object is there already
 * @throws ProblemError `checksum_mismatch`, or `storage_failed` for whatever else R2 could not do
 */
export async function putObject(
  bucket: R2Bucket,
  file: StoringFile,
  body: Uint8Array | ReadableStream<Uint8Array>,
  { isVerified }: { isVerified: boolean },
): Promise<string | null> {
  const { sha256 } = file;
  const checksum = sha256 && !isVerified ? { sha256 } : {};
  const options = { ...metadataOf(file), ...checksum, onlyIf: NOTHING_THERE };
  try {
    const object: R2Object | null = await bucket.put(keyOf(file), body, options);
    return object?.etag ?? null;
  } catch (error) {
    throw storageProblem(error);
  }
}

/**
 * The object that is there already, if it is what is to be stored: as when a Worker vanished after
 * it had stored a file and before it could say so.
 *
 * @returns its etag; null where it is something else
 */
export async function sameObject(bucket: R2Bucket, file: StoringFile): Promise<string | null> {
  const object = await bucket.head(keyOf(file)).catch(throwStorageProblem);
  const digest = object?.customMetadata?.["sha256"];
  return object && digest !== undefined && digest === file.sha256 ? object.etag : null;
}

/**
 * A file's object, with its bytes; null where there is none.
 *
 * @throws ProblemError `storage_failed`
 */
export async function getObject(
  bucket: R2Bucket,
  file: Pick<StoringFile, "file">,
): Promise<R2ObjectBody | null> {
  return bucket.get(keyOf(file)).catch(throwStorageProblem);
}

/** @throws ProblemError `storage_failed` */
export async function deleteObject(
  bucket: R2Bucket,
  file: Pick<StoringFile, "file">,
): Promise<void> {
  await bucket.delete(keyOf(file)).catch(throwStorageProblem);
}

/** @throws ProblemError `storage_failed` */
export async function createMultipart(
  bucket: R2Bucket,
  file: StoringFile,
): Promise<R2MultipartUpload> {
  try {
    return await bucket.createMultipartUpload(keyOf(file), metadataOf(file));
  } catch (error) {
    throw storageProblem(error);
  }
}

/**
 * Deletes every object in a folder.
 *
 * @throws ProblemError `storage_failed`
 */
export async function deleteObjects(bucket: R2Bucket, folder: string): Promise<void> {
  try {
    let page: R2Objects;
    do {
      page = await bucket.list({ prefix: folder });
      if (page.objects.length > 0) await bucket.delete(page.objects.map(({ key }) => key));
    } while (page.truncated);
  } catch (error) {
    throw storageProblem(error);
  }
}

export function keyOf({ file }: Pick<StoringFile, "file">): string {
  return objectKey(file.folder, file.id, file.name);
}

function metadataOf({ file, type, sha256 }: StoringFile): R2MultipartOptions {
  const name = truncate(file.name, METADATA_NAME_BYTES);
  return {
    httpMetadata: { contentType: type },
    customMetadata: { name, ...(sha256 && { sha256 }) },
  };
}

/** R2's code for a digest that does not match stands in its message only: "… (10037)". */
const CHECKSUM_MISMATCH = /\(10037\)/u;

export function storageProblem(error: unknown): ProblemError {
  if (error instanceof ProblemError) return error;
  const message = error instanceof Error ? error.message : String(error);
  if (CHECKSUM_MISMATCH.test(message)) return checksumMismatch();
  return new ProblemError("storage_failed", "Send the file again: storing it did not work.");
}

export function checksumMismatch(): ProblemError {
  return new ProblemError(
    "checksum_mismatch",
    "Send the file again: what arrived is not what its digest says.",
  );
}

export function throwStorageProblem(error: unknown): never {
  throw storageProblem(error);
}
