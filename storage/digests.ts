import { KIB, SECOND_MS } from "../protocol/index.ts";
import { crc32 } from "./crc32.ts";
import { storageCall, StorageError } from "./errors.ts";
import { readStored, type StoredObject } from "./objects.ts";

/** Time between two reports of how much was read, and the longest time without a byte. */
const REPORT_MS = 15 * SECOND_MS;

/** Bytes of an object that are read at a time. */
const CHUNK_BYTES = 256 * KIB;

/** The object that R2 holds under a key. */
export interface DigestedObject {
  /** R2's etag without quotes. */
  etag: string;
  /** Hex. */
  sha256: string;
}

/** The digests of a range of an object. */
export interface RangeDigests {
  /** Hex. */
  sha256: string;
  crc32: number;
}

/**
 * Reads an object and computes its digest. The runtime pipes the bytes without running JavaScript.
 *
 * @param onProgress receives the part that was read so far, 0 to 1
 * @returns null if there is no object
 * @throws StorageError
 */
export async function digestObject(
  bucket: R2Bucket,
  key: string,
  onProgress: (read: number) => void,
): Promise<DigestedObject | null> {
  const object = await storageCall("get", bucket.get(key));
  if (object === null) return null;
  const { etag, size, body } = object;
  const hash = new crypto.DigestStream("SHA-256");
  // The digest of an aborted stream rejects, and nothing reads it.
  void hash.digest.catch(() => undefined);
  await storageCall(
    "get",
    pipe(body, hash, (bytes) => onProgress(bytes / size)),
  );
  // A body that breaks off may end as if it were complete.
  if (Number(hash.bytesWritten) !== size) throw new StorageError("get", "The object ended early.");
  return { etag, sha256: new Uint8Array(await hash.digest).toHex() };
}

/**
 * Reads a range of an object and computes its digests.
 *
 * @throws StorageError; also if there is another object, or it ends early
 */
export async function digestRange(
  bucket: R2Bucket,
  stored: StoredObject,
  range: { offset: number; length: number },
): Promise<RangeDigests> {
  const bytes = await readStored(bucket, stored, range);
  const sha256 = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
  return { sha256, crc32: crc32(bytes) };
}

/** The CRC-32 of the object that R2 holds under a key. */
interface ObjectCrc32 {
  /** R2's etag without quotes. */
  etag: string;
  crc32: number;
}

/**
 * Reads the object of a file and computes its CRC-32.
 *
 * @param size bytes of the file
 * @throws StorageError; also if there is no object of that size
 */
export async function objectCrc32(
  bucket: R2Bucket,
  key: string,
  size: number,
): Promise<ObjectCrc32> {
  const object = await storageCall("get", bucket.get(key));
  if (object?.size !== size) throw new StorageError("get", "The object of the file is gone.");
  let [value, bytes] = [0, 0];
  for await (const chunk of chunksOf(object.body)) {
    value = crc32(chunk, value);
    bytes += chunk.length;
  }
  if (bytes !== size) throw new StorageError("get", "The object ended early.");
  return { etag: object.etag, crc32: value };
}

/** Yields a body in large chunks: the runtime's own are of 4 KiB. */
export async function* chunksOf(body: ReadableStream): AsyncGenerator<Uint8Array> {
  const reader = body.getReader({ mode: "byob" });
  let memory = new Uint8Array(CHUNK_BYTES);
  for (;;) {
    const { value, done } = await storageCall("get", reader.readAtLeast(CHUNK_BYTES, memory));
    if (value) yield value;
    if (done || !value) return;
    memory = new Uint8Array(value.buffer);
  }
}

/**
 * Pipes a body and reports its progress. Without any for a while, it counts as broken off. workerd does
 * not abort such a pipe before its next byte, so it is left behind.
 */
async function pipe(
  body: ReadableStream,
  into: DigestStream,
  onProgress: (bytes: number) => void,
): Promise<void> {
  const { promise: stalled, reject } = Promise.withResolvers<never>();
  let bytes = 0;
  const reporting = setInterval(() => {
    const before = bytes;
    bytes = Number(into.bytesWritten);
    if (bytes === before) reject(new Error("No bytes arrived in 15 seconds."));
    else onProgress(bytes);
  }, REPORT_MS);
  try {
    await Promise.race([body.pipeTo(into), stalled]);
  } finally {
    clearInterval(reporting);
  }
}

/**
 * Returns the digest of a file's parts: hex SHA-256 of their SHA-256, 32 bytes each.
 *
 * @param digests of all parts, in hex and in order of their numbers
 */
export async function partsDigest(digests: readonly string[]): Promise<string> {
  const bytes = Uint8Array.fromHex(digests.join(""));
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}
