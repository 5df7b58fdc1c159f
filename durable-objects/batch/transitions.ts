import { canBecome, PROGRESS, receivingProgress } from "../../protocol/index.ts";
import {
  type FileEvent,
  type FileRecord,
  hasAllParts,
  isRetryableFailure,
  isStored,
  needsBytes,
} from "./file.ts";
import { renewedLease } from "./upload-lease.ts";

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
    case "multipartOpened":
      return multipartOpened(file, event);
    case "partStored":
      return partStored(file, event, now);
    case "multipartGone":
      // If all parts are stored, R2 may have completed the upload; the completion finds that out.
      return hasAllParts(file) ? file : multipartLost(file, event.id);
    case "multipartLost":
      return multipartLost(file, event.id);
    case "multipartAborted":
      return multipartAborted(file, event.id);
    case "multipartCompleted":
      return multipartCompleted(file, event, now);
    case "stored":
      // A multipart upload whose parts are all stored replaces this object when it is completed.
      return hasAllParts(file) ? file : stored(file, event, now);
    case "processing":
      return processing(file, event.progress, now);
    case "completed":
      return completed(file, event);
    case "failed":
      return failed(file, event);
    case "cancelled":
      return cancelled(file);
    case "retried":
      return retried(file);
  }
  return unchanged(file, event);
}

/**
 * True if a call is repeated whose events have ended the upload. Applied again, they would count another
 * attempt, or fail a file that was retried meanwhile and end its batch a second time.
 */
function isOfEndedUpload({ endedUpload }: FileRecord, event: FileEvent): boolean {
  return endedUpload !== undefined && "upload" in event && event.upload === endedUpload;
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
  error: "durable",
  etag: "durable",
  sha256: "durable",
  key: "durable",
  partsDigest: "durable",
};

const FIELDS = Object.entries(RESTART).filter(([, kind]) => kind !== "memory");

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

type EventOf<E extends FileEvent["event"]> = Extract<FileEvent, { event: E }>;

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
  if (known === undefined || receivedBytes <= known) return file;
  return withActiveUploads(file, { ...file.activeUploads, [upload]: receivedBytes }, now);
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

/** The first multipart upload is used; any other becomes an orphan. */
function multipartOpened(file: FileRecord, { id, key }: EventOf<"multipartOpened">): FileRecord {
  if (file.multipart?.id === id) return file;
  if (needsBytes(file) && !file.multipart) {
    return { ...withoutOrphan(file, id), multipart: { id, key, parts: 0, bytes: 0 } };
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

/** The file starts over. */
function multipartLost(file: FileRecord, id: string): FileRecord {
  if (!needsBytes(file) || file.multipart?.id !== id) return file;
  return requeued(withoutMultipart(file, id));
}

function withoutMultipart(file: FileRecord, id: string): FileRecord {
  if (file.multipart?.id !== id) return file;
  const { multipart: _, ...rest } = file;
  return rest;
}

function multipartCompleted(
  file: FileRecord,
  { etag, partsDigest }: EventOf<"multipartCompleted">,
  now: number,
): FileRecord {
  if (!needsBytes(file) || !file.multipart) return file;
  const { id, key } = file.multipart;
  return {
    ...stored(withoutMultipart(file, id), { etag, key }, now),
    partsDigest: partsDigest ?? null,
  };
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
  const { error: _, endedUpload: __, ...rest } = withoutActiveUploads(file);
  return {
    ...rest,
    etag,
    ...(sha256 && { sha256 }),
    ...(key !== undefined && { key }),
    receivedBytes: file.size,
    ...renewedLease(now),
    state: "uploading",
    progress: PROGRESS.stored,
  };
}

/** Processing starts once the file is stored. Its progress never decreases. */
function processing(file: FileRecord, progress: number, now: number): FileRecord {
  const starts = isStored(file) && canBecome(file.state, "processing");
  const advances = file.state === "processing" && progress > file.progress;
  if (!starts && !advances) return file;
  return { ...file, state: "processing", progress, ...renewedLease(now) };
}

function completed(file: FileRecord, { properties }: EventOf<"completed">): FileRecord {
  if (!canBecome(file.state, "completed")) return file;
  return {
    ...withoutActiveUploads(file),
    ...properties,
    state: "completed",
    progress: PROGRESS.completed,
  };
}

/** A request that another one has replaced cannot fail the file. */
function failed(file: FileRecord, { upload, error }: EventOf<"failed">): FileRecord {
  const { activeUploads } = file;
  const isReplaced = upload !== undefined && activeUploads && activeUploads[upload] === undefined;
  if (!canBecome(file.state, "failed") || isReplaced) return file;
  const left = {
    ...withoutActiveUploads(file),
    ...(upload !== undefined && { endedUpload: upload }),
  };
  return { ...left, state: "failed", error };
}

function cancelled(file: FileRecord): FileRecord {
  if (!canBecome(file.state, "cancelled")) return file;
  return { ...withoutActiveUploads(file), state: "cancelled" };
}

function retried(file: FileRecord): FileRecord {
  if (!isRetryableFailure(file)) return file;
  return requeued(withoutObject(file));
}

/** The file starts over: it loses what is known of its object, and its error. */
function withoutObject(file: FileRecord): FileRecord {
  const { error: _, etag: __, sha256: ___, key: ____, partsDigest: _____, ...rest } = file;
  return rest;
}

/** Sets the file's active uploads, and derives its progress from them. */
function withActiveUploads(
  file: FileRecord,
  activeUploads: Readonly<Record<string, number>>,
  now: number,
): FileRecord {
  const bytes = Object.values(activeUploads).reduce((sum, received) => sum + received, 0);
  const received = receivedWith(file, bytes);
  return { ...file, ...received, state: "uploading", activeUploads, ...renewedLease(now) };
}

/** Returns the file to the queue. The bytes of its stored parts still count. */
function requeued(file: FileRecord): FileRecord {
  return { ...withoutActiveUploads(file), ...receivedWith(file, 0), state: "queued" };
}

/** Received bytes and progress of a file: its stored parts, and `bytes` of active uploads. */
function receivedWith({ multipart, size }: FileRecord, bytes: number) {
  const receivedBytes = Math.min(size, (multipart?.bytes ?? 0) + bytes);
  return { receivedBytes, progress: receivingProgress(receivedBytes, size) };
}

function withoutActiveUploads(file: FileRecord): FileRecord {
  const { activeUploads: _, lastActivityAt: __, ...rest } = file;
  return rest;
}
