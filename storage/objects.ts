import { storageCall, StorageError } from "./errors.ts";
import { type FileLocation, objectKey, truncate } from "./keys.ts";
import { retryTransient } from "./retry.ts";

/** Bytes of the original name that are stored with the object. R2 allows 2,048 for all metadata. */
const METADATA_NAME_BYTES = 1024;

/** A file that is about to be stored. */
export interface NewObject {
  file: FileLocation;
  /** Media type. */
  type: string;
  /** Hex; absent if it is not known before the file is stored. */
  sha256?: string;
}

/** Stores only if the key is free: of two requests that send the same file, one stores it. */
const IF_ABSENT = new Headers({ "If-None-Match": "*" });

/**
 * Stores a file in one call. Bytes in memory are put up to three times if R2 fails for a moment; a
 * stream is put once.
 *
 * @param isVerified true if the caller has checked the digest. Otherwise R2 compares it.
 * @returns R2's etag without quotes; null if an object with this key exists
 * @throws StorageError
 */
export async function putObject(
  bucket: R2Bucket,
  object: NewObject,
  body: Uint8Array | ReadableStream<Uint8Array>,
  { isVerified }: { isVerified: boolean },
): Promise<string | null> {
  const { file, sha256 } = object;
  const checksum = sha256 && !isVerified ? { sha256 } : {};
  const options = { ...metadataOf(object), ...checksum, onlyIf: IF_ABSENT };
  const put = (): Promise<R2Object | null> =>
    storageCall("put", bucket.put(objectKey(file), body, options));
  const stored = await (body instanceof Uint8Array ? retryTransient(put) : put());
  return stored?.etag ?? null;
}

/**
 * Returns the object with a key, without its body; null if there is none.
 *
 * @throws StorageError
 */
export async function findObject(bucket: R2Bucket, key: string): Promise<R2Object | null> {
  return storageCall("head", bucket.head(key));
}

/**
 * Returns the etag of a file's object if its stored digest is `sha256`. This is so if a Worker stored
 * the file and ended before it could report that.
 *
 * @returns null if there is no object, or its digest is another or not known
 * @throws StorageError
 */
export async function matchingEtag(
  bucket: R2Bucket,
  file: FileLocation,
  sha256: string,
): Promise<string | null> {
  const object = await findObject(bucket, objectKey(file));
  return object?.customMetadata?.["sha256"] === sha256 ? object.etag : null;
}

/**
 * Returns a file's object, or a range of it; null if there is no object.
 *
 * @throws StorageError
 */
export async function getObject(
  bucket: R2Bucket,
  file: FileLocation,
  options: { range?: R2Range } = {},
): Promise<R2ObjectBody | null> {
  return storageCall("get", bucket.get(objectKey(file), options));
}

/** Another object has taken the key of the one to read. */
export class ObjectReplaced extends StorageError {
  readonly key: string;

  constructor(key: string) {
    super("get", "The object was replaced.");
    this.key = key;
  }
}

/** An object as it was stored. */
export interface StoredObject {
  key: string;
  /** Without quotes. */
  etag: string;
}

/**
 * Returns an object, or a range of it.
 *
 * @throws StorageError; also if there is none, or `ObjectReplaced` if there is another one under its key
 */
export async function getStored(
  bucket: R2Bucket,
  { key, etag }: StoredObject,
  range?: { offset: number; length: number },
): Promise<R2ObjectBody> {
  const options = { onlyIf: { etagMatches: etag }, ...(range && { range }) };
  const object = await storageCall("get", bucket.get(key, options));
  if (object && "body" in object) return object;
  throw object ? new ObjectReplaced(key) : new StorageError("get", "The object is gone.");
}

/**
 * Returns the bytes of a range of an object. A body that breaks off may end as if it were complete, so the
 * bytes are counted.
 *
 * @throws StorageError; also if there is no such object, or it ends early
 */
export async function readStored(
  bucket: R2Bucket,
  stored: StoredObject,
  range: { offset: number; length: number },
): Promise<Uint8Array> {
  const object = await getStored(bucket, stored, range);
  const bytes = await storageCall("get", object.bytes());
  if (bytes.length !== range.length) throw new StorageError("get", "The object ended early.");
  return bytes;
}

/** @throws StorageError */
export async function deleteObject(bucket: R2Bucket, file: FileLocation): Promise<void> {
  await storageCall("delete", bucket.delete(objectKey(file)));
}

/**
 * Deletes an object, unless another one has taken its key.
 *
 * @throws StorageError
 */
export async function deleteStored(
  bucket: R2Bucket,
  { key, etag }: { key: string; etag: string },
): Promise<void> {
  const object = await findObject(bucket, key);
  if (object?.etag === etag) await storageCall("delete", bucket.delete(key));
}

/**
 * Deletes the objects in a folder. An object that R2 refuses to delete does not keep the objects in later
 * pages of the list.
 *
 * @param isDeleted selects the keys to delete; all by default
 * @throws StorageError of the first call that failed
 */
export async function deleteFolder(
  bucket: R2Bucket,
  folder: string,
  isDeleted: (key: string) => boolean = () => true,
): Promise<void> {
  const failures: unknown[] = [];
  let cursor: string | undefined;
  do {
    const options = { prefix: folder, ...(cursor !== undefined && { cursor }) };
    const page: R2Objects = await storageCall("list", bucket.list(options));
    const keys = page.objects.map(({ key }) => key).filter(isDeleted);
    const deleting = keys.length > 0 ? bucket.delete(keys) : Promise.resolve();
    await storageCall("delete", deleting).catch((error: unknown) => failures.push(error));
    cursor = page.truncated ? page.cursor : undefined;
  } while (cursor !== undefined);
  if (failures.length > 0) throw failures[0];
}

/** Returns the metadata that is stored with a file's object. */
export function metadataOf({ file, type, sha256 }: NewObject): R2MultipartOptions {
  const name = truncate(file.name, METADATA_NAME_BYTES);
  return {
    httpMetadata: { contentType: type },
    customMetadata: { name, ...(sha256 && { sha256 }) },
  };
}
