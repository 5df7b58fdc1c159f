import type { MultipartUpload } from "../../storage/keys.ts";
import {
  type EventOf,
  type FileEvent,
  type FileRecord,
  hasAllParts,
  needsBytes,
  type OpenMultipart,
} from "./file.ts";
import { requeued, stored, withActiveUploads, withoutClaim } from "./record.ts";
import { renewedLease } from "./upload-lease.ts";

/** Returns the file after an event of its multipart upload; null for another event. */
export function multipartTransition(
  file: FileRecord,
  event: FileEvent,
  now: number,
): FileRecord | null {
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
      return null;
  }
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

/** The caller has deleted the records of the parts. Another request may send other bytes. */
function partsDropped(file: FileRecord, event: EventOf<"partsDropped">): FileRecord {
  if (!needsBytes(file) || file.multipart?.id !== event.id) return file;
  const { doubtfulSince: _, sha256: __, ...rest } = file.multipart;
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
  const { etag, crc32 } = event;
  const object = { ...upload, etag, ...(crc32 !== undefined && { crc32 }) };
  return { ...stored(rest, object, now), ...knownDigest(upload, event) };
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
