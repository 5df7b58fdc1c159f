import { isSettled, partLayout, PROGRESS, receivingProgress } from "../../protocol/index.ts";
import { type FileRecord, isFinalFailure, isStored, type FileEvent } from "./file.ts";

/**
 * The file after a report: the same object where the report changes nothing, because it is a
 * repetition, too late, or of a request that another has replaced.
 */
export function transition(file: FileRecord, report: FileEvent, now: number): FileRecord {
  switch (report.event) {
    case "started":
      return started(file, report.upload, now);
    case "partStarted":
      return partStarted(file, report.upload, now);
    case "receiving":
      return receiving(file, report, now);
    case "interrupted":
      return interrupted(file, report.upload, now);
    case "timedOut":
      return timedOut(file);
    case "multipartOpened":
      return multipartOpened(file, report);
    case "partStored":
      return partStored(file, report, now);
    case "multipartGone":
      return hasAllParts(file) ? file : multipartLost(file, report.id);
    case "multipartLost":
      return multipartLost(file, report.id);
    case "multipartAborted":
      return multipartAborted(file, report.id);
    case "multipartCompleted":
      return multipartCompleted(file, report.etag, now);
    case "stored":
      return storedWhole(file, report, now);
    case "processing":
      return processing(file, report.progress, now);
    case "completed":
      return completed(file, report);
    case "failed":
      return failed(file, report);
    case "cancelled":
      return isSettled(file.state) ? file : { ...withoutActiveUploads(file), state: "cancelled" };
    case "retried":
      return retried(file);
  }
}

type Of<E extends FileEvent["event"]> = Extract<FileEvent, { event: E }>;

/** Does the file still want bytes? */
export function needsBytes(file: FileRecord): boolean {
  return !isSettled(file.state) && !isStored(file);
}

/** A request that sends the whole file: the newest one replaces whoever sent it before. */
function started(file: FileRecord, upload: string, now: number): FileRecord {
  if (!needsBytes(file) || file.activeUploads?.[upload] !== undefined) return file;
  return withActiveUploads({ ...file, attempts: file.attempts + 1 }, { [upload]: 0 }, now);
}

/** A request that sends a part: it joins whoever sends others. */
function partStarted(file: FileRecord, upload: string, now: number): FileRecord {
  if (!needsBytes(file) || file.activeUploads?.[upload] !== undefined) return file;
  const attempts = file.attempts + (file.state === "queued" ? 1 : 0);
  return withActiveUploads({ ...file, attempts }, { ...file.activeUploads, [upload]: 0 }, now);
}

function receiving(file: FileRecord, report: Of<"receiving">, now: number): FileRecord {
  const known = file.activeUploads?.[report.upload];
  if (known === undefined || report.receivedBytes <= known) return file;
  return withActiveUploads(
    file,
    { ...file.activeUploads, [report.upload]: report.receivedBytes },
    now,
  );
}

/** The file waits again once nobody is sending it any more; what is stored of it stays. */
function interrupted(file: FileRecord, upload: string, now: number): FileRecord {
  const { [upload]: gone, ...others } = file.activeUploads ?? {};
  if (gone === undefined) return file;
  return Object.keys(others).length > 0 ? withActiveUploads(file, others, now) : requeued(file);
}

function timedOut(file: FileRecord): FileRecord {
  return file.state === "uploading" && !isStored(file) ? requeued(file) : file;
}

/** The first is the one; whatever else was opened for the file is to be given up. */
function multipartOpened(file: FileRecord, { id, key }: Of<"multipartOpened">): FileRecord {
  if (file.multipart?.id === id) return file;
  if (needsBytes(file) && !file.multipart)
    return { ...withoutOrphan(file, id), multipart: { id, key, parts: 0, bytes: 0 } };
  const { orphans = [] } = file;
  return orphans.some((orphan) => orphan.id === id)
    ? file
    : { ...file, orphans: [...orphans, { id, key }] };
}

/** R2 has given the multipart upload up. The one of a file that is still wanted is never asked to. */
function multipartAborted(file: FileRecord, id: string): FileRecord {
  return needsBytes(file) ? withoutOrphan(file, id) : withoutMultipart(withoutOrphan(file, id), id);
}

function withoutOrphan(file: FileRecord, id: string): FileRecord {
  const { orphans = [], ...rest } = file;
  const others = orphans.filter((orphan) => orphan.id !== id);
  if (others.length === orphans.length) return file;
  return others.length > 0 ? { ...rest, orphans: others } : rest;
}

/** The caller has made sure that the part is a new one. */
function partStored(file: FileRecord, report: Of<"partStored">, now: number): FileRecord {
  if (!needsBytes(file) || !file.multipart) return file;
  const { [report.upload]: _, ...others } = file.activeUploads ?? {};
  const { parts, bytes } = file.multipart;
  const multipart = { ...file.multipart, parts: parts + 1, bytes: bytes + report.bytes };
  const attempts = Math.max(1, file.attempts);
  return withActiveUploads({ ...file, ...report.properties, attempts, multipart }, others, now);
}

/** Are all parts there? Then it is for whoever puts them together to find out what R2 knows. */
function hasAllParts({ multipart, size }: FileRecord): boolean {
  return multipart?.parts === partLayout(size).count;
}

/** R2 no longer knows the multipart upload: the file begins anew. */
function multipartLost(file: FileRecord, id: string): FileRecord {
  if (!needsBytes(file) || file.multipart?.id !== id) return file;
  return requeued(withoutMultipart(file, id));
}

function withoutMultipart(file: FileRecord, id: string): FileRecord {
  if (file.multipart?.id !== id) return file;
  const { multipart: _, ...rest } = file;
  return rest;
}

/** All parts were put together: the multipart upload has become the object. */
function multipartCompleted(file: FileRecord, etag: string, now: number): FileRecord {
  if (!needsBytes(file) || !file.multipart) return file;
  return stored(withoutMultipart(file, file.multipart.id), { etag }, now);
}

/**
 * A request has sent the file whole. Where all its parts are there that is not the file: they are about
 * to take its place in R2, which puts parts together whatever is there.
 */
function storedWhole(file: FileRecord, report: Of<"stored">, now: number): FileRecord {
  return hasAllParts(file) ? file : stored(file, report, now);
}

function stored(
  file: FileRecord,
  { etag, sha256 }: { etag: string; sha256?: string },
  now: number,
): FileRecord {
  if (!needsBytes(file)) return file;
  const found = { etag, ...(sha256 && { sha256 }), receivedBytes: file.size, lastActivityAt: now };
  return { ...withoutActiveUploads(file), ...found, state: "uploading", progress: PROGRESS.stored };
}

function processing(file: FileRecord, progress: number, now: number): FileRecord {
  const begins = file.state === "uploading" && isStored(file);
  const goesOn = file.state === "processing" && progress > file.progress;
  if (!begins && !goesOn) return file;
  return { ...file, state: "processing", progress, lastActivityAt: now };
}

function completed(file: FileRecord, { properties }: Of<"completed">): FileRecord {
  if (file.state !== "processing") return file;
  return {
    ...withoutActiveUploads(file),
    ...properties,
    state: "completed",
    progress: PROGRESS.completed,
  };
}

/** A request that another has replaced cannot fail the file. */
function failed(file: FileRecord, { upload, error }: Of<"failed">): FileRecord {
  const isReplaced =
    upload !== undefined && file.activeUploads && file.activeUploads[upload] === undefined;
  if (isSettled(file.state) || isReplaced) return file;
  return { ...withoutActiveUploads(file), state: "failed", error };
}

function retried(file: FileRecord): FileRecord {
  if (file.state !== "failed" || isFinalFailure(file)) return file;
  const { error: _, etag: __, sha256: ___, ...rest } = file;
  return requeued({ ...rest, attempts: file.attempts });
}

/** The file as those who send it now have it. */
function withActiveUploads(
  file: FileRecord,
  senders: Readonly<Record<string, number>>,
  now: number,
): FileRecord {
  const arriving = Object.values(senders).reduce((sum, bytes) => sum + bytes, 0);
  return {
    ...file,
    ...receivedSoFar(file, arriving),
    state: "uploading",
    activeUploads: senders,
    lastActivityAt: now,
  };
}

/** The file as it waits to be sent, or sent on: what is stored of it still counts. */
function requeued(file: FileRecord): FileRecord {
  return { ...withoutActiveUploads(file), ...receivedSoFar(file, 0), state: "queued" };
}

/** What has come of a file: what its multipart upload holds, and what is arriving. */
function receivedSoFar({ multipart, size }: FileRecord, arriving: number) {
  const receivedBytes = Math.min(size, (multipart?.bytes ?? 0) + arriving);
  return { receivedBytes, progress: receivingProgress(receivedBytes, size) };
}

/** The file without whoever was sending it. */
function withoutActiveUploads(file: FileRecord): FileRecord {
  const { activeUploads: _, lastActivityAt: __, ...rest } = file;
  return rest;
}
