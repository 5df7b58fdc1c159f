import type { Admission } from "../../durable-objects/index.ts";
import type { BatchClient } from "../batches/batch-client.ts";
import { ProblemError } from "../http/problem.ts";
import { BodyReader } from "../http/request-body.ts";
import { storageCall } from "../../storage/errors.ts";
import { deleteObject, getObject, matchingEtag, type NewObject } from "../../storage/objects.ts";
import { HashingStream } from "../streams/hashing-stream.ts";
import { acceptedType } from "./media-type.ts";

/** What is found out of a file while it passes. */
export interface FileFindings {
  /** Hex. */
  sha256: string;
  /** Its first bytes. */
  head: Uint8Array;
  type: string;
}

/** What has become a file's object; or that somebody else has told the tally before. */
export type StoreOutcome = (FileFindings & { etag: string }) | "stored before";

/** What a request was about to store. */
export interface FileToStore extends NewObject {
  file: NewObject["file"] & Pick<Admission, "size" | "type" | "types">;
}

/**
 * Sees to it that a file is stored once, though two requests send it: `putObject` has found an
 * object where the file was to go.
 *
 * Whoever stored it may have vanished, or be about to tell the tally: so it stays, whatever the
 * bytes that came second, and is told of as what it is. Were it deleted, a file could be told
 * completed that is gone.
 *
 * @throws ProblemError `storage_failed` where what was there cannot be the file
 */
export async function resolveConflict(
  bucket: R2Bucket,
  batch: BatchClient,
  storing: FileToStore,
  found: FileFindings,
): Promise<StoreOutcome> {
  const etag = await matchingEtag(bucket, storing.file, found.sha256);
  if (etag !== null) return { etag, ...found };
  // Whoever told the tally was first: what it says is what is there.
  const { etag: tallied } = await batch.file(storing.file.id);
  return tallied === undefined ? adopt(bucket, storing) : "stored before";
}

/** Finds out of an object that nobody has told of what its request would have told. */
async function adopt(bucket: R2Bucket, storing: FileToStore): Promise<StoreOutcome> {
  const object = await getObject(bucket, storing.file);
  if (object && "body" in object && object.size === storing.file.size) {
    return { etag: object.etag, ...(await inspectObject(object, storing.file)) };
  }
  // No request stores what has another length than was declared.
  if (object) await deleteObject(bucket, storing.file);
  throw new ProblemError("storage_failed", "Send the file again: something was in its way.");
}

interface Content {
  body: ReadableStream<Uint8Array>;
  size: number;
}

async function inspectObject(
  { body, size }: Content,
  file: FileToStore["file"],
): Promise<FileFindings> {
  const stream = new HashingStream(new BodyReader(body));
  const head = await storageCall("get", stream.head());
  const { sha256 } = await storageCall(
    "get",
    stream.pipe(size, drain, () => undefined),
  );
  return { sha256, head, type: await acceptedType(head, file) };
}

function drain(passing: ReadableStream): Promise<void> {
  return passing.pipeTo(new WritableStream());
}
