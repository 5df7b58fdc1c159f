import type { MultipartCompletion } from "../durable-objects/batch/parts.ts";

// R2's codes stand in its messages only.
const NO_SUCH_UPLOAD = /\(10024\)/u;
const INVALID_PART = /\(10025\)/u;

/**
 * Puts a file's parts together in R2. Doing it again, or side by side, does no harm.
 *
 * @returns the object's etag; null where the multipart upload is no more, and the file begins anew
 * @throws what R2 threw, where it may work another time
 */
export async function assemble(
  bucket: R2Bucket,
  completion: MultipartCompletion,
): Promise<string | null> {
  const { key, multipart, parts, size } = completion;
  try {
    return (await bucket.resumeMultipartUpload(key, multipart).complete(parts)).etag;
  } catch (error) {
    // It may have succeeded all the same, now or at an earlier try: then the object is there. So it may
    // have with an earlier upload, and then nobody will finish this one.
    const object = await bucket.head(key);
    const isThere = object?.size === size;
    // Two requests sent the same part, and the one that R2 took last was noted first.
    const isBroken = INVALID_PART.test(String(error));
    if (isThere || isBroken) await abort(bucket, key, multipart);
    if (isThere) return object.etag;
    if (!isBroken && !isUploadGone(error)) throw error;
    return null;
  }
}

/**
 * Gives a multipart upload up; one that is no more is given up already.
 *
 * @throws what R2 threw, where it may work another time
 */
export async function abort(bucket: R2Bucket, key: string, multipart: string): Promise<void> {
  try {
    await bucket.resumeMultipartUpload(key, multipart).abort();
  } catch (error) {
    if (!isUploadGone(error)) throw error;
  }
}

/** Does R2 say that the multipart upload is no more: completed, given up, or too old? */
export function isUploadGone(error: unknown): boolean {
  return NO_SUCH_UPLOAD.test(String(error));
}
