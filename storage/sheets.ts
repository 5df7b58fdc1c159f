import { storageCall } from "./errors.ts";
import { retryTransient } from "./retry.ts";

/** The only type of contact sheets. */
export const SHEET_TYPE = "image/webp";

/**
 * Stores a contact sheet in place of an earlier one.
 *
 * @returns R2's etag without quotes
 * @throws StorageError
 */
export async function putSheet(bucket: R2Bucket, key: string, bytes: Uint8Array): Promise<string> {
  const options = { httpMetadata: { contentType: SHEET_TYPE } };
  const { etag } = await retryTransient(() => storageCall("put", bucket.put(key, bytes, options)));
  return etag;
}

/** Returns a contact sheet; null if there is none. @throws StorageError */
export async function getSheet(bucket: R2Bucket, key: string): Promise<R2ObjectBody | null> {
  return storageCall("get", bucket.get(key));
}

/** @throws StorageError */
export async function deleteSheet(bucket: R2Bucket, key: string): Promise<void> {
  await retryTransient(() => storageCall("delete", bucket.delete(key)));
}
