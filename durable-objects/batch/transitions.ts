import { canBecome, PROGRESS } from "../../protocol/index.ts";
import { checking, digestChecked, objectDeleted, objectRefused } from "./check-transitions.ts";
import {
  type EventOf,
  type FileEvent,
  type FileRecord,
  hasAllParts,
  isRetryableFailure,
  isStored,
  needsBytes,
  needsCheck,
  type OpenMultipart,
} from "./file.ts";
import type { MultipartUpload } from "../../storage/keys.ts";
import {
  requeued,
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
    case "checking":
      return checking(file, event, now);
    case "digestChecked":
      return digestChecked(file, event);
    case "objectRefused":
      return objectRefused(file, event);
    case "objectDeleted":
      return objectDeleted(file, event.etag);
    default:
      return multipartTransition(file, event, now);
  }
}

/** Returns the file after an event of its multipart upload. */
function multipartTransition(file: FileRecord, event: FileEvent, now: number): FileRecord {
  switch (event.event) {
    case "claimed":
      return claimed(file, event.by, now);
    case "released":
      return withoutClaim(file);
    case "multipartOpened":
      return multipartOpened(file, event, now);
    case "partStored":
      return partStored(file, event, now);
    case "partRepeated":
      return partRepeated(file, event.upload, now);
    case "multipartGone":
      // If all parts are stored, R2 may have completed the upload; an attempt to complete it shows that.
      return hasAllParts(file) ? file : multipartLost(file, event.id);
    case "multipartDoubted":
      return multipartDoubted(file, event.id, now);
    case "partsDropped":
      return partsDropped(file, event);
    case "multipartLost":
      return multipartLost(file, event.id);
    case "multipartAborted":
      return multipartAborted(file, event.id);
    case "multipartCompleted":
      return multipartCompleted(file, event, now);
    default:
      return unchanged(file, event);
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

function unchanged(file: FileRecord, { event }: { event: string }): FileRecord {
  console.warn(JSON.stringify({ unknownEvent: event }));
  return file;
}

/**
 * The fields of a record by what becomes of them in a restart. Fields in memory belong to the requests
 * that send the file and are lost. Derived fields of a file that needs bytes are computed from its
 * stored parts; once it needs none, they are durable as well.
 */
const RESTART: Readonly<Record<keyof FileRecord, "memory" | "derived" | "durable">> = {
  rev: "memory",
  attempts: "memory",
  activeUploads: "memory",
  endedUpload: "memory",
  lastActivityAt: "memory",
  state: "derived",
  progress: "derived",
  receivedBytes: "derived",
  size: "durable",
  type: "durable",
  width: "durable",
  height: "durable",
  multipart: "durable",
  orphans: "durable",
  claim: "durable",
  cancelledAt: "durable",
  error: "durable",
  etag: "durable",
  sha256: "durable",
  key: "durable",
  partsDigest: "durable",
  hasDigest: "durable",
  unwantedObject: "durable",
};

const FIELDS = Object.entries(RESTART).filter(([, kind]) => kind !== "memory");

/** The fields of a record that a golden batch must have. */
export const STORED_FIELDS = FIELDS.map(([field]) => field);

/**
 * True if a change must survive a restart. Each stored row costs money; after a restart, a file whose
 * upload was not stored is queued again, because the request that sent it may have ended as well.
 */
export function isDurableChange(before: FileRecord, after: FileRecord): boolean {
  const isDerived = needsBytes(before) && needsBytes(after);
  return FIELDS.some(([field, kind]) => {
    if (isDerived && kind === "derived") return false;
    return Reflect.get(before, field) !== Reflect.get(after, field);
  });
}

/**
 * Returns a stored file as it is after a restart: no request is sending it.
 *
 * @param requeuedRev the least rev of files that need bytes
 */
export function restarted(file: FileRecord, requeuedRev: number): FileRecord {
  if (!needsBytes(file)) return file;
  const { endedUpload: _, ...rest } = file;
  const queued = file.state === "uploading" ? requeued(rest) : rest;
  return { ...queued, rev: Math.max(file.rev, requeuedRev) };
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

/**
 * A file that is being completed is uploading, and R2 may complete its multipart upload from now on. The
 * call of a caller that has the claim is a repetition.
 */
function claimed(file: FileRecord, by: string, now: number): FileRecord {
  if (file.claim?.by === by) return file;
  const taken = { ...file, claim: { at: now, by } };
  if (!needsBytes(file) || !file.multipart) return { ...taken, ...renewedLease(now) };
  const multipart = { ...file.multipart, triedAt: now };
  return withActiveUploads({ ...taken, multipart }, file.activeUploads ?? {}, now);
}

/** The first multipart upload is used; any other becomes an orphan. */
function multipartOpened(
  file: FileRecord,
  event: EventOf<"multipartOpened">,
  now: number,
): FileRecord {
  const { id, key, sha256 } = event;
  if (file.multipart?.id === id) return file;
  if (needsBytes(file) && !file.multipart) {
    const digest = sha256 !== undefined && { sha256 };
    const multipart = { id, key, openedAt: now, parts: 0, bytes: 0, ...digest };
    return { ...withoutOrphan(file, id), multipart };
  }
  const { orphans = [] } = file;
  const isKnown = orphans.some((orphan) => orphan.id === id);
  return isKnown ? file : { ...file, orphans: [...orphans, { id, key }] };
}

/** The multipart upload of a file that needs bytes is never aborted. */
function multipartAborted(file: FileRecord, id: string): FileRecord {
  const rest = withoutOrphan(file, id);
  return needsBytes(file) ? rest : withoutMultipart(rest, id);
}

function withoutOrphan(file: FileRecord, id: string): FileRecord {
  const { orphans = [], ...rest } = file;
  const others = orphans.filter((orphan) => orphan.id !== id);
  if (others.length === orphans.length) return file;
  return others.length > 0 ? { ...rest, orphans: others } : rest;
}

/** The caller has checked that the part was not stored before. */
function partStored(file: FileRecord, event: EventOf<"partStored">, now: number): FileRecord {
  if (!needsBytes(file) || !file.multipart) return file;
  const { [event.upload]: _, ...others } = file.activeUploads ?? {};
  const { parts, bytes } = file.multipart;
  const multipart = { ...file.multipart, parts: parts + 1, bytes: bytes + event.bytes };
  const attempts = Math.max(1, file.attempts);
  const counted = { ...file, ...event.properties, attempts, multipart, endedUpload: event.upload };
  return withActiveUploads(counted, others, now);
}

/** The request has sent a part that was stored before, so its bytes no longer count as arriving. */
function partRepeated(file: FileRecord, upload: string, now: number): FileRecord {
  const { [upload]: ended, ...others } = file.activeUploads ?? {};
  if (ended === undefined) return file;
  return withActiveUploads({ ...file, endedUpload: upload }, others, now);
}

/** Another caller may try to complete the multipart upload at once. */
function multipartDoubted(file: FileRecord, id: string, now: number): FileRecord {
  if (!needsBytes(file) || file.multipart?.id !== id) return file;
  const { doubtfulSince = now } = file.multipart;
  return { ...withoutClaim(file), multipart: { ...file.multipart, doubtfulSince } };
}

/** The caller has deleted the records of the parts. */
function partsDropped(file: FileRecord, event: EventOf<"partsDropped">): FileRecord {
  if (!needsBytes(file) || file.multipart?.id !== event.id) return file;
  const { doubtfulSince: _, ...rest } = file.multipart;
  const multipart = { ...rest, parts: rest.parts - event.parts, bytes: rest.bytes - event.bytes };
  return requeued(withoutClaim({ ...file, multipart }));
}

/** The file starts over. */
function multipartLost(file: FileRecord, id: string): FileRecord {
  if (!needsBytes(file) || file.multipart?.id !== id) return file;
  return requeued(withoutClaim(leaveMultipart(file)));
}

/** Makes the file's multipart upload an orphan, as R2 may hold some or all of it. */
function leaveMultipart(file: FileRecord): FileRecord {
  const { multipart, orphans = [], ...rest } = file;
  if (!multipart) return file;
  const { id, key, triedAt } = multipart;
  const left = { id, key, ...(triedAt !== undefined && { triedAt }) };
  return { ...rest, orphans: [...orphans, left] };
}

function withoutMultipart(file: FileRecord, id: string): FileRecord {
  if (file.multipart?.id !== id) return file;
  const { multipart: _, ...rest } = file;
  return rest;
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

/**
 * The upload may be one that was counted as lost before R2 had completed it. If the file has another
 * one since, that one becomes an orphan.
 */
function multipartCompleted(
  file: FileRecord,
  event: EventOf<"multipartCompleted">,
  now: number,
): FileRecord {
  const upload = completedUpload(file, event);
  // An object that was refused has the file's size as well.
  const isRefused = event.etag === file.unwantedObject?.etag;
  if (!needsBytes(file) || !upload || isRefused) return file;
  const rest = withoutCompleted(file, upload.id, event.isOpen === true);
  return { ...stored(rest, { ...upload, etag: event.etag }, now), ...knownDigest(upload, event) };
}

/**
 * Returns the digest of the parts; null if it can be computed from their records. It is absent if the
 * records are those of another upload, or one request has sent the whole file.
 */
function knownDigest(
  { parts, sha256 }: Partial<OpenMultipart>,
  { partsDigest }: EventOf<"multipartCompleted">,
): Pick<FileRecord, "partsDigest"> {
  if (sha256 !== undefined) return {};
  if (partsDigest !== undefined) return { partsDigest };
  return parts === undefined ? {} : { partsDigest: null };
}

/** Returns the upload that was completed; null if its object is not the file. */
function completedUpload(
  { multipart, size }: FileRecord,
  event: EventOf<"multipartCompleted">,
): (MultipartUpload & Partial<OpenMultipart>) | null {
  const { id, key } = event;
  if (id === undefined || key === undefined) return multipart ?? null;
  if (event.size !== size) return null;
  return multipart?.id === id ? multipart : { id, key };
}

/** An upload that may still be open becomes an orphan, too. */
function withoutCompleted(file: FileRecord, id: string, isOpen: boolean): FileRecord {
  if (isOpen) return leaveMultipart(file);
  const left = file.multipart?.id === id ? withoutMultipart(file, id) : leaveMultipart(file);
  return withoutOrphan(left, id);
}

/**
 * R2 holds the file. This overrides every failure that a retry may repair: another request for the file
 * may have failed meanwhile.
 */
function stored(
  file: FileRecord,
  { etag, sha256, key }: { etag: string; sha256?: string; key?: string },
  now: number,
): FileRecord {
  if (!needsBytes(file) && !isRetryableFailure(file)) return file;
  const { error: _, endedUpload: __, ...rest } = withoutActiveUploads(withoutClaim(file));
  const result: FileRecord = {
    ...rest,
    etag,
    ...(sha256 && { sha256 }),
    ...(key !== undefined && { key }),
    receivedBytes: file.size,
    state: "uploading",
    progress: PROGRESS.stored,
  };
  if (!needsCheck(result)) return { ...result, ...renewedLease(now) };
  // The caller that has completed the file also checks it.
  return file.claim ? { ...result, claim: { ...file.claim, at: now } } : result;
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

function cancelled(file: FileRecord, { batch }: EventOf<"cancelled">, now: number): FileRecord {
  if (!canBecome(file.state, "cancelled")) return file;
  const rest = withoutActiveUploads(withoutClaim(file));
  const time = batch === true ? {} : { cancelledAt: now };
  return { ...rest, ...unwantedObject(file), ...time, state: "cancelled" };
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
