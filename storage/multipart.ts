import { isUploadGone, storageCall, StorageError } from "./errors.ts";
import { type MultipartUpload, objectKey } from "./keys.ts";
import { metadataOf, type NewObject } from "./objects.ts";

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

/**
 * Makes a multipart upload the file's object. Repeated and concurrent calls are safe.
 *
 * @param size bytes of the whole file
 * @param parts in order of their numbers
 * @returns the object's etag; null if the multipart upload is gone or unusable, so that the file
 *   has to be sent again
 * @throws StorageError if the same call may succeed later
 */
export async function completeMultipart(
  bucket: R2Bucket,
  upload: MultipartUpload,
  { size, parts }: { size: number; parts: UploadedPart[] },
): Promise<string | null> {
  const { key, id } = upload;
  try {
    const completing = bucket.resumeMultipartUpload(key, id).complete(parts);
    return (await storageCall("complete", completing)).etag;
  } catch (error) {
    // This call or an earlier one may have succeeded without a response; then the object exists. It
    // also exists if an earlier multipart upload of the file was completed, and then this one has
    // to be aborted.
    const object = await storageCall("head", bucket.head(key));
    const isStored = object?.size === size;
    // Two requests sent the same part, and their etags were recorded in the other order.
    const isInvalid = error instanceof StorageError && error.failure === "invalidPart";
    if (isStored || isInvalid) await abortMultipart(bucket, upload);
    if (isStored) return object.etag;
    if (isInvalid || isUploadGone(error)) return null;
    throw error;
  }
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
