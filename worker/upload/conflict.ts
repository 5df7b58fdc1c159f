import type { Admission } from "../../durable-objects/index.ts";
import { storageCall } from "../../storage/errors.ts";
import { objectKey } from "../../storage/keys.ts";
import {
  deleteStored,
  findObject,
  getObject,
  matchingEtag,
  type NewObject,
} from "../../storage/objects.ts";
import { retryTransient, waitFor } from "../../storage/retry.ts";
import type { BatchClient } from "../batches/batch-client.ts";
import { ProblemError } from "../http/problem.ts";
import { BodyReader } from "../http/request-body.ts";
import { HashingStream } from "../streams/hashing-stream.ts";
import { acceptedType } from "./media-type.ts";

/** Properties of a file's content, determined while it is stored. */
export interface Inspection {
  /** Hex. */
  sha256: string;
  crc32: number;
  /** The first `HEAD_BYTES` bytes. */
  head: Uint8Array;
  type: string;
}

export type StoredContent = Inspection & { etag: string };

/** A file that a request wants to store. */
export interface FileToStore extends NewObject {
  file: NewObject["file"] & Pick<Admission, "size" | "sha256" | "type" | "types" | "wrongTypes">;
}

/**
 * Decides which content a file has after `putObject` found an object with its key, so that two
 * requests store the file once.
 *
 * The existing object stays, even if its content differs: the request that stored it may have ended
 * before it could report that, or may be about to. If it were deleted, the tally could hold a
 * completed file without an object.
 *
 * @returns null if the other request has reported the file as stored
 * @throws ProblemError `storage_failed` if the object cannot be the file
 */
export async function resolveConflict(
  bucket: R2Bucket,
  batch: BatchClient,
  { file }: FileToStore,
  content: Inspection,
): Promise<StoredContent | null> {
  const etag = await retryTransient(() => matchingEtag(bucket, file, content.sha256));
  return etag === null ? adoptUnreported(bucket, batch, file) : { etag, ...content };
}

/**
 * Waits for the object of a file whose stream could not be put and cannot be put again. R2 may have
 * stored it without a response, or it was storing the same file for another request.
 *
 * @returns the object; null if none appears
 * @throws StorageError
 */
export async function appearingObject(
  bucket: R2Bucket,
  { file }: FileToStore,
): Promise<{ key: string; etag: string } | null> {
  const key = objectKey(file);
  const object = await waitFor(() => findObject(bucket, key));
  return object && { key, etag: object.etag };
}

/**
 * Decides which content a file has whose object exists.
 *
 * @returns null if another request has reported the file as stored
 * @throws ProblemError `storage_failed` if the object cannot be the file
 */
export async function adoptUnreported(
  bucket: R2Bucket,
  batch: BatchClient,
  file: FileToStore["file"],
): Promise<StoredContent | null> {
  const { etag: reported } = await batch.file(file.id);
  return reported === undefined ? adopt(bucket, file) : null;
}

/** Inspects an object that no request has reported. */
async function adopt(bucket: R2Bucket, file: FileToStore["file"]): Promise<StoredContent> {
  const object = await retryTransient(() => getObject(bucket, file));
  if (object && "body" in object && object.size === file.size) {
    const content = await inspect(object, file);
    if ((file.sha256 ?? content.sha256) === content.sha256)
      return { etag: object.etag, ...content };
  }
  // It cannot be the file: its size or its digest is not the declared one.
  if (object) await discardObject(bucket, { key: objectKey(file), etag: object.etag });
  throw new ProblemError(
    "storage_failed",
    "Another object had the file's key and was deleted; send the file again.",
  );
}

/**
 * Deletes an object, unless another one has taken its key. R2 may refuse that for a second, as it
 * accepts one write per second to a key.
 *
 * @throws StorageError
 */
export async function discardObject(
  bucket: R2Bucket,
  object: { key: string; etag: string },
): Promise<void> {
  await retryTransient(() => deleteStored(bucket, object));
}

async function inspect(
  { body, size }: R2ObjectBody,
  file: FileToStore["file"],
): Promise<Inspection> {
  const stream = new HashingStream(new BodyReader(body, { length: size }), size);
  const head = await storageCall("get", stream.head(ignore));
  const piped = stream.pipe(drain, ignore);
  const { sha256, crc32 } = await storageCall("get", piped);
  return { sha256, crc32, head, type: await acceptedType(head, file) };
}

function ignore(): void {}

function drain(body: ReadableStream): Promise<void> {
  return body.pipeTo(new WritableStream());
}
