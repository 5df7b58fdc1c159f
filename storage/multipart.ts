import { isUploadGone, storageCall, StorageError } from "./errors.ts";
import { type MultipartUpload, objectKey } from "./keys.ts";
import { findObject, metadataOf, type NewObject } from "./objects.ts";

/** A stored part. */
export interface UploadedPart {
  partNumber: number;
  etag: string;
}

/** @throws StorageError */
export async function createMultipart(
  bucket: R2Bucket,
  object: NewObject,
): Promise<MultipartUpload> {
  const key = objectKey(object.file);
  const upload = await storageCall(
    "createMultipartUpload",
    bucket.createMultipartUpload(key, metadataOf(object)),
  );
  return { id: upload.uploadId, key };
}

/**
 * Stores a part. R2 keeps the latest of two parts with the same number.
 *
 * @param partNumber 1, 2, 3, …
 * @throws StorageError
 */
export async function uploadPart(
  bucket: R2Bucket,
  { key, id }: MultipartUpload,
  partNumber: number,
  body: Uint8Array | ReadableStream<Uint8Array>,
): Promise<UploadedPart> {
  const { etag } = await storageCall(
    "uploadPart",
    bucket.resumeMultipartUpload(key, id).uploadPart(partNumber, body),
  );
  return { partNumber, etag };
}

/** The reason why it is not known whether R2 has completed, or can complete, a multipart upload. */
export type CompletionDoubt = "noSuchUpload" | "invalidPart";

export type CompletionResult = CompletedObject | { doubt: CompletionDoubt };

export interface CompletedObject {
  etag: string;
  /** True if it was found after a failure: another call may have completed it, with other parts. */
  isFound: boolean;
  /** True if the multipart upload may still be open. */
  isOpen: boolean;
}

/**
 * Makes a multipart upload the file's object. Repeated and concurrent calls are safe: if R2 fails, an
 * object of the file's size under its key is the success of another call, or of this one without a
 * response. Nothing is aborted. R2 may be completing the upload for another call, and until the object
 * is visible it responds that the upload, or parts of it, do not exist: that is a doubt, not a loss.
 *
 * @param size bytes of the whole file
 * @param parts in order of their numbers
 * @throws StorageError if the same call may succeed later
 */
export async function completeMultipart(
  bucket: R2Bucket,
  { key, id }: MultipartUpload,
  { size, parts }: { size: number; parts: UploadedPart[] },
): Promise<CompletionResult> {
  try {
    const completing = bucket.resumeMultipartUpload(key, id).complete(parts);
    const { etag } = await storageCall("complete", completing);
    return { etag, isFound: false, isOpen: false };
  } catch (error) {
    const object = await findObject(bucket, key);
    const doubt = doubtOf(error);
    const isOpen = doubt !== "noSuchUpload";
    if (object?.size === size) return { etag: object.etag, isFound: true, isOpen };
    if (doubt !== null) return { doubt };
    throw error;
  }
}

function doubtOf(error: unknown): CompletionDoubt | null {
  const failure = error instanceof StorageError ? error.failure : null;
  return failure === "noSuchUpload" || failure === "invalidPart" ? failure : null;
}

/**
 * Aborts a multipart upload and deletes its parts. Does nothing if it is gone.
 *
 * @throws StorageError
 */
export async function abortMultipart(
  bucket: R2Bucket,
  { key, id }: MultipartUpload,
): Promise<void> {
  try {
    await storageCall("abort", bucket.resumeMultipartUpload(key, id).abort());
  } catch (error) {
    if (!isUploadGone(error)) throw error;
  }
}
