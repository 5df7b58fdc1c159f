import {
  checkedEvents,
  checkingEvent,
  type DigestCheck,
  type SingleFileDetails,
} from "../../durable-objects/index.ts";
import { type DigestedObject, digestObject } from "../../storage/digests.ts";
import { StorageError } from "../../storage/errors.ts";
import { retryTransient } from "../../storage/retry.ts";
import { ProblemError } from "../http/problem.ts";
import type { Upload } from "./upload.ts";

/**
 * Checks the declared digest of a file that this request has completed from its parts: R2 computes none
 * for these, so the object is read back. If that fails, the batch checks the file later.
 *
 * @returns the file as the tally has it
 * @throws ProblemError `checksum_mismatch`: the object is deleted, and the file can be sent again
 */
export async function checkStored(upload: Upload, check: DigestCheck): Promise<SingleFileDetails> {
  const { file, key } = check;
  const object = await readBack(upload, check);
  if (object === null) {
    upload.events.add({ event: "released", file });
  } else {
    upload.hasStored(file, { key, etag: object.etag });
    upload.events.add(...checkedEvents(check, object));
  }
  const details = await upload.result(file);
  if (details.error?.code !== "checksum_mismatch" || object === null) return details;
  // Until then, the batch does not complete the file again: the deletion must not meet the new object.
  upload.events.add({ event: "objectDeleted", file, etag: object.etag });
  await upload.events.flush();
  throw ProblemError.from(details.error);
}

/** Returns null if R2 fails, or no longer has the object. */
async function readBack(upload: Upload, check: DigestCheck): Promise<DigestedObject | null> {
  const report = (read: number) => upload.events.add(checkingEvent(check, upload.id, read));
  try {
    return await retryTransient(() => digestObject(upload.bucket, check.key, report));
  } catch (error) {
    if (error instanceof StorageError) return null;
    throw error;
  }
}
