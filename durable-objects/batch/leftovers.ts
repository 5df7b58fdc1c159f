import { isSettled } from "../../protocol/index.ts";
import { isReadyToComplete, isSafeToClean } from "./completion.ts";
import {
  type FileRecord,
  isFinalFailure,
  isUnfinished,
  needsCheck,
  type RecordedObject,
  type TriedMultipart,
} from "./file.ts";
import type { ChangeSet, Tally } from "./tally.ts";

// Work that a batch leaves in R2: uploads and objects that no file needs, and files that R2 holds and
// that are not finished.

/** A multipart upload that no request will complete. */
interface AbandonedUpload {
  file: number;
  upload: TriedMultipart;
}

/** Returns the multipart uploads to abort: orphans, and those of files that won't be sent. */
export function abandonedUploads({ batch, files }: Tally): AbandonedUpload[] {
  return [...files.entries()].flatMap(([file, record]) => {
    const { multipart, orphans = [] } = record;
    const isAbandoned = batch.deletedAt !== undefined || isSettledForGood(record);
    const abandoned = multipart && isAbandoned ? [multipart, ...orphans] : orphans;
    return abandoned.map((upload) => ({ file, upload }));
  });
}

/** Returns the objects to delete, with their files. Those of a cancelled batch are deleted together. */
export function unwantedObjects({
  batch,
  files,
}: Tally): { file: number; object: RecordedObject }[] {
  if (batch.cancelled || batch.deletedAt !== undefined) return [];
  return [...files.entries()].flatMap(([file, { unwantedObject: object }]) =>
    object ? [{ file, object }] : [],
  );
}

/** True if nothing has to be checked, completed, aborted or deleted, now or later. */
export function hasNoWork(tally: Tally): boolean {
  const { batch, files } = tally;
  const isEarly = batch.cancelledAt !== undefined && !isSafeToClean(batch, Date.now());
  if (isEarly || abandonedUploads(tally).length + unwantedObjects(tally).length > 0) return false;
  return !files.some((file) => {
    return isReadyToComplete(file) || needsCheck(file) || hasLeftovers(file);
  });
}

/** True if R2 may hold something of the file that the cleanup deletes once that is safe. */
export function hasLeftovers({ orphans, cancelledAt }: FileRecord): boolean {
  return orphans !== undefined || cancelledAt !== undefined;
}

/** True if a change left objects or multipart uploads in R2 that no file needs. */
export function leavesOrphans({ batch, files }: Tally, changes: ChangeSet): boolean {
  if (changes.batch && (batch.cancelled || batch.deletedAt !== undefined)) return true;
  return [...changes.files].some((id) => {
    const file = files[id];
    if (file?.unwantedObject) return true;
    return file?.multipart !== undefined && isSettledForGood(file);
  });
}

/** True if no object of the file is to remain. */
export function isUnwanted(file: FileRecord): boolean {
  return isSettledForGood(file) && file.state !== "completed";
}

/** True if a change left a file whose bytes R2 holds, and which the cleanup finishes if no request does. */
export function leavesUnfinished({ files }: Tally, changes: ChangeSet): boolean {
  return [...changes.files].some((id) => {
    const file = files[id];
    return file !== undefined && isUnfinished(file);
  });
}

/** True if the file is settled and no retry can change that. */
function isSettledForGood(file: FileRecord): boolean {
  return isSettled(file.state) && (file.state !== "failed" || isFinalFailure(file));
}
