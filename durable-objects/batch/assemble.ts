import type { Assembly } from "./part-upload.ts";

/** R2's code for an unknown multipart upload stands in its message only. */
const NO_SUCH_UPLOAD = /\(10024\)/u;

/**
 * Puts a file's parts together in R2. Doing it again, or side by side, does no harm.
 *
 * @returns the object's etag; null where R2 no longer knows the multipart upload
 * @throws what R2 threw, where it may work another time
 */
export async function assemble(bucket: R2Bucket, assembly: Assembly): Promise<string | null> {
  const { key, multipart, parts, size } = assembly;
  try {
    return (await bucket.resumeMultipartUpload(key, multipart).complete(parts)).etag;
  } catch (error) {
    // It may have succeeded all the same, now or at an earlier try: then the object is there.
    const object = await bucket.head(key);
    if (object?.size === size) return object.etag;
    if (NO_SUCH_UPLOAD.test(String(error))) return null;
    throw error;
  }
}
