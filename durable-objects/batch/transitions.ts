import { isSettled, partLayout, PROGRESS, receivingProgress } from "../../protocol/index.ts";
import { type FileRecord, isHopeless, isStored, type Report } from "./file.ts";

/**
 * The file after a report: the same object where the report changes nothing, because it is a
 * repetition, too late, or of a request that another has replaced.
 */
export function advance(file: FileRecord, report: Report, now: number): FileRecord {
  switch (report.event) {
    case "started":
      return started(file, report.upload, now);
    case "partStarted":
      return partStarted(file, report.upload, now);
    case "receiving":
      return receiving(file, report, now);
    case "interrupted":
      return interrupted(file, report.upload, now);
    case "vanished":
      return vanished(file);
    case "multipartOpened":
      return multipartOpened(file, report);
    case "partStored":
      return partStored(file, report, now);
    case "multipartGone":
      return isWhole(file) ? file : multipartLost(file, report.id);
    case "multipartLost":
      return multipartLost(file, report.id);
    case "multipartClosed":
      return multipartClosed(file, report.id);
    case "assembled":
      return assembled(file, report.etag, now);
    case "stored":
      return storedWhole(file, report, now);
    case "processing":
      return processing(file, report.progress, now);
    case "completed":
      return completed(file, report);
    case "failed":
      return failed(file, report);
    case "cancelled":
      return isSettled(file.state) ? file : { ...idle(file), state: "cancelled" };
    case "retried":
      return retried(file);
  }
}

type Of<E extends Report["event"]> = Extract<Report, { event: E }>;

/** Does the file still want bytes? */
export function isWanting(file: FileRecord): boolean {
  return !isSettled(file.state) && !isStored(file);
}

/** A request that sends the whole file: the newest one replaces whoever sent it before. */
function started(file: FileRecord, upload: string, now: number): FileRecord {
  if (!isWanting(file) || file.senders?.[upload] !== undefined) return file;
  return withSenders({ ...file, attempts: file.attempts + 1 }, { [upload]: 0 }, now);
}

/** A request that sends a part: it joins whoever sends others. */
function partStarted(file: FileRecord, upload: string, now: number): FileRecord {
  if (!isWanting(file) || file.senders?.[upload] !== undefined) return file;
  const attempts = file.attempts + (file.state === "queued" ? 1 : 0);
  return withSenders({ ...file, attempts }, { ...file.senders, [upload]: 0 }, now);
}

function receiving(file: FileRecord, report: Of<"receiving">, now: number): FileRecord {
  const known = file.senders?.[report.upload];
  if (known === undefined || report.receivedBytes <= known) return file;
  return withSenders(file, { ...file.senders, [report.upload]: report.receivedBytes }, now);
}

/** The file waits again once nobody is sending it any more; what is stored of it stays. */
function interrupted(file: FileRecord, upload: string, now: number): FileRecord {
  const { [upload]: gone, ...others } = file.senders ?? {};
  if (gone === undefined) return file;
  return Object.keys(others).length > 0 ? withSenders(file, others, now) : waiting(file);
}

function vanished(file: FileRecord): FileRecord {
  return file.state === "uploading" && !isStored(file) ? waiting(file) : file;
}

/** The first is the one; whatever else was opened for the file is to be given up. */
function multipartOpened(file: FileRecord, { id, key }: Of<"multipartOpened">): FileRecord {
  if (file.multipart?.id === id) return file;
  if (isWanting(file) && !file.multipart)
    return { ...withoutStray(file, id), multipart: { id, key, parts: 0, bytes: 0 } };
  const { strays = [] } = file;
  return strays.some((stray) => stray.id === id)
    ? file
    : { ...file, strays: [...strays, { id, key }] };
}

/** R2 has given the multipart upload up. The one of a file that is still wanted is never asked to. */
function multipartClosed(file: FileRecord, id: string): FileRecord {
  return isWanting(file) ? withoutStray(file, id) : withoutMultipart(withoutStray(file, id), id);
}

function withoutStray(file: FileRecord, id: string): FileRecord {
  const { strays = [], ...rest } = file;
  const others = strays.filter((stray) => stray.id !== id);
  if (others.length === strays.length) return file;
  return others.length > 0 ? { ...rest, strays: others } : rest;
}

/** The caller has made sure that the part is a new one. */
function partStored(file: FileRecord, report: Of<"partStored">, now: number): FileRecord {
  if (!isWanting(file) || !file.multipart) return file;
  const { [report.upload]: _, ...others } = file.senders ?? {};
  const { parts, bytes } = file.multipart;
  const multipart = { ...file.multipart, parts: parts + 1, bytes: bytes + report.bytes };
  const attempts = Math.max(1, file.attempts);
  return withSenders({ ...file, ...report.findings, attempts, multipart }, others, now);
}

/** Are all parts there? Then it is for whoever puts them together to find out what R2 knows. */
function isWhole({ multipart, size }: FileRecord): boolean {
  return multipart?.parts === partLayout(size).count;
}

/** R2 no longer knows the multipart upload: the file begins anew. */
function multipartLost(file: FileRecord, id: string): FileRecord {
  if (!isWanting(file) || file.multipart?.id !== id) return file;
  return waiting(withoutMultipart(file, id));
}

function withoutMultipart(file: FileRecord, id: string): FileRecord {
  if (file.multipart?.id !== id) return file;
  const { multipart: _, ...rest } = file;
  return rest;
}

/** All parts were put together: the multipart upload has become the object. */
function assembled(file: FileRecord, etag: string, now: number): FileRecord {
  if (!isWanting(file) || !file.multipart) return file;
  return stored(withoutMultipart(file, file.multipart.id), { etag }, now);
}

/**
 * A request has sent the file whole. Where all its parts are there that is not the file: they are about
 * to take its place in R2, which puts parts together whatever is there.
 */
function storedWhole(file: FileRecord, report: Of<"stored">, now: number): FileRecord {
  return isWhole(file) ? file : stored(file, report, now);
}

function stored(
  file: FileRecord,
  { etag, sha256 }: { etag: string; sha256?: string },
  now: number,
): FileRecord {
  if (!isWanting(file)) return file;
  const found = { etag, ...(sha256 && { sha256 }), receivedBytes: file.size, heardAt: now };
  return { ...idle(file), ...found, state: "uploading", progress: PROGRESS.stored };
}

function processing(file: FileRecord, progress: number, now: number): FileRecord {
  const begins = file.state === "uploading" && isStored(file);
  const goesOn = file.state === "processing" && progress > file.progress;
  if (!begins && !goesOn) return file;
  return { ...file, state: "processing", progress, heardAt: now };
}

function completed(file: FileRecord, { findings }: Of<"completed">): FileRecord {
  if (file.state !== "processing") return file;
  return { ...idle(file), ...findings, state: "completed", progress: PROGRESS.completed };
}

/** A request that another has replaced cannot fail the file. */
function failed(file: FileRecord, { upload, error }: Of<"failed">): FileRecord {
  const isReplaced = upload !== undefined && file.senders && file.senders[upload] === undefined;
  if (isSettled(file.state) || isReplaced) return file;
  return { ...idle(file), state: "failed", error };
}

function retried(file: FileRecord): FileRecord {
  if (file.state !== "failed" || isHopeless(file)) return file;
  const { error: _, etag: __, sha256: ___, ...rest } = file;
  return waiting({ ...rest, attempts: file.attempts });
}

/** The file as those who send it now have it. */
function withSenders(
  file: FileRecord,
  senders: Readonly<Record<string, number>>,
  now: number,
): FileRecord {
  const arriving = Object.values(senders).reduce((sum, bytes) => sum + bytes, 0);
  return { ...file, ...arrived(file, arriving), state: "uploading", senders, heardAt: now };
}

/** The file as it waits to be sent, or sent on: what is stored of it still counts. */
function waiting(file: FileRecord): FileRecord {
  return { ...idle(file), ...arrived(file, 0), state: "queued" };
}

/** What has come of a file: what its multipart upload holds, and what is arriving. */
function arrived({ multipart, size }: FileRecord, arriving: number) {
  const receivedBytes = Math.min(size, (multipart?.bytes ?? 0) + arriving);
  return { receivedBytes, progress: receivingProgress(receivedBytes, size) };
}

/** The file without whoever was sending it. */
function idle(file: FileRecord): FileRecord {
  const { senders: _, heardAt: __, ...rest } = file;
  return rest;
}
