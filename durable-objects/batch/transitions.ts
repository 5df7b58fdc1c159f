import { canBecome, isSettled, PROGRESS } from "../../protocol/index.ts";
import { checkTransition } from "./check-transitions.ts";
import {
  type EventOf,
  type FileEvent,
  type FileRecord,
  hasAllParts,
  isRetryableFailure,
  isStored,
  needsBytes,
  needsCheck,
} from "./file.ts";
import { multipartTransition } from "./multipart-transitions.ts";
import {
  requeued,
  stored,
  unwantedObject,
  withActiveUploads,
  withoutActiveUploads,
  withoutClaim,
  withoutObject,
} from "./record.ts";
import { mayReturn, renewedLease } from "./upload-lease.ts";

/**
 * Returns the file after an event. The result is the same object if the event changes nothing: it is a
 * repetition, it is late, or it belongs to a request that another one has replaced. During a deployment
 * a newer Worker may send an event that this code does not know; it is logged and changes nothing.
 */
export function transition(file: FileRecord, event: FileEvent, now: number): FileRecord {
  if (isOfEndedUpload(file, event)) return file;
  switch (event.event) {
    case "started":
      return started(file, event.upload, now);
    case "partStarted":
      return partStarted(file, event.upload, now);
    case "receiving":
      return receiving(file, event, now);
    case "interrupted":
      return interrupted(file, event.upload, now);
    case "timedOut":
      return timedOut(file);
    case "stored":
      // A multipart upload whose parts are all stored replaces this object when it is completed.
      return hasAllParts(file) ? file : stored(file, event, now);
    case "processing":
      return processing(file, event.progress, now);
    case "completed":
      return completed(file, event);
    case "failed":
      return failed(file, event, now);
    case "cancelled":
      return cancelled(file, event, now);
    case "cleaned":
      return cleaned(file);
    case "retried":
      return retried(file);
    default:
      return (
        multipartTransition(file, event, now) ??
        checkTransition(file, event, now) ??
        unchanged(file, event)
      );
  }
}

/**
 * True if a call is repeated whose events have ended the upload. Applied again, they would count another
 * attempt, or fail a file that was retried meanwhile and end its batch a second time. A part counts even
 * then, as its caller has recorded it.
 */
function isOfEndedUpload({ endedUpload }: FileRecord, event: FileEvent): boolean {
  if (endedUpload === undefined || event.event === "partStored") return false;
  return "upload" in event && event.upload === endedUpload;
}

/**
 * True if R2 holds the file, although another request for it has failed. `size` is missing in events of
 * earlier versions, which do not say what they have completed.
 */
export function isLateSuccess(file: FileRecord, event: FileEvent): boolean {
  if (!isRetryableFailure(file)) return false;
  const isCompleted = event.event === "multipartCompleted" && event.size === file.size;
  return event.event === "stored" || (isCompleted && event.etag !== file.unwantedObject?.etag);
}

function unchanged(file: FileRecord, { event }: { event: string }): FileRecord {
  console.warn(JSON.stringify({ unknownEvent: event }));
  return file;
}

/** A request that sends the whole file replaces all earlier requests. */
function started(file: FileRecord, upload: string, now: number): FileRecord {
  if (!needsBytes(file) || file.activeUploads?.[upload] !== undefined) return file;
  return withActiveUploads({ ...file, attempts: file.attempts + 1 }, { [upload]: 0 }, now);
}

/** A request that sends a part joins those that send other parts. */
function partStarted(file: FileRecord, upload: string, now: number): FileRecord {
  if (!needsBytes(file) || file.activeUploads?.[upload] !== undefined) return file;
  const attempts = file.attempts + (file.state === "queued" ? 1 : 0);
  return withActiveUploads({ ...file, attempts }, { ...file.activeUploads, [upload]: 0 }, now);
}

function receiving(file: FileRecord, event: EventOf<"receiving">, now: number): FileRecord {
  const { upload, receivedBytes } = event;
  const known = file.activeUploads?.[upload];
  if (known === undefined ? !mayReturn(file) : receivedBytes <= known) return file;
  const counted = { ...file, attempts: Math.max(1, file.attempts) };
  return withActiveUploads(counted, { ...file.activeUploads, [upload]: receivedBytes }, now);
}

/** The file returns to the queue when its last active upload ends. Its stored parts remain. */
function interrupted(file: FileRecord, upload: string, now: number): FileRecord {
  const { [upload]: ended, ...others } = file.activeUploads ?? {};
  if (ended === undefined) return file;
  const left = { ...file, endedUpload: upload };
  return Object.keys(others).length > 0 ? withActiveUploads(left, others, now) : requeued(left);
}

function timedOut(file: FileRecord): FileRecord {
  return file.state === "uploading" && !isStored(file) ? requeued(file) : file;
}

/** Processing starts once the file is stored. Its progress never decreases. */
function processing(file: FileRecord, progress: number, now: number): FileRecord {
  const starts = isStored(file) && canBecome(file.state, "processing");
  const advances = file.state === "processing" && progress > file.progress;
  if (!starts && !advances) return file;
  const lease = needsCheck(file) ? {} : renewedLease(now);
  return { ...file, state: "processing", progress, ...lease };
}

/** A file whose declared digest was not checked is not complete. */
function completed(file: FileRecord, { properties }: EventOf<"completed">): FileRecord {
  if (!canBecome(file.state, "completed") || needsCheck(file)) return file;
  return {
    ...withoutActiveUploads(file),
    ...properties,
    state: "completed",
    progress: PROGRESS.completed,
  };
}

/** A request that another one has replaced cannot fail the file. */
function failed(file: FileRecord, { upload, error }: EventOf<"failed">, now: number): FileRecord {
  // R2 holds all parts, so the bytes that failed are others, and no part is left that would retry the file.
  const hasOthers = upload !== undefined && needsBytes(file) && hasAllParts(file);
  if (hasOthers) return interrupted(file, upload, now);
  const { activeUploads } = file;
  const isReplaced = upload !== undefined && activeUploads && activeUploads[upload] === undefined;
  if (!canBecome(file.state, "failed") || isReplaced) return file;
  const left = {
    ...withoutActiveUploads(file),
    ...(upload !== undefined && { endedUpload: upload }),
  };
  return { ...left, state: "failed", error };
}

/** A settled file is only deleted. */
function cancelled(file: FileRecord, event: EventOf<"cancelled">, now: number): FileRecord {
  const { batch, deletes = false } = event;
  if (!canBecome(file.state, "cancelled") || (isSettled(file.state) && !deletes)) return file;
  const ended = withoutActiveUploads(withoutClaim(file));
  const rest = deletes ? withoutObject(ended) : ended;
  const times = {
    ...(batch !== true && { cancelledAt: now }),
    ...(deletes && isStored(file) && { deletedAt: now }),
  };
  return { ...rest, ...unwantedObject(file), ...times, state: "cancelled" };
}

function cleaned(file: FileRecord): FileRecord {
  if (file.cancelledAt === undefined) return file;
  const { cancelledAt: _, ...rest } = file;
  return rest;
}

function retried(file: FileRecord): FileRecord {
  if (!isRetryableFailure(file)) return file;
  return requeued(withoutObject(file));
}
