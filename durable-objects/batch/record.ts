import { PROGRESS, receivingProgress } from "../../protocol/index.ts";
import { type FileRecord, isRetryableFailure, needsBytes, needsCheck } from "./file.ts";
import { renewedLease } from "./upload-lease.ts";

export function withoutActiveUploads(file: FileRecord): FileRecord {
  const { activeUploads: _, lastActivityAt: __, ...rest } = file;
  return rest;
}

export function withoutClaim(file: FileRecord): FileRecord {
  if (!file.claim) return file;
  const { claim: _, ...rest } = file;
  return rest;
}

/** The file starts over: it loses what is known of its object, and its error. */
export function withoutObject(file: FileRecord): FileRecord {
  const { error: _, etag: __, key: ___, ...rest } = file;
  return withoutDigests(withoutCrc32(rest));
}

export function withoutDigests(file: FileRecord): FileRecord {
  const { sha256: _, partsDigest: __, ...rest } = file;
  return rest;
}

export function withoutCrc32(file: FileRecord): FileRecord {
  const { crc32: _, ...rest } = file;
  return rest;
}

/** Returns the field of a file whose object has to be deleted. */
export function unwantedObject({ key, etag }: FileRecord): Pick<FileRecord, "unwantedObject"> {
  return key !== undefined && etag !== undefined ? { unwantedObject: { key, etag } } : {};
}

/** Sets the file's active uploads, and derives its progress from them. */
export function withActiveUploads(
  file: FileRecord,
  activeUploads: Readonly<Record<string, number>>,
  now: number,
): FileRecord {
  const bytes = Object.values(activeUploads).reduce((sum, received) => sum + received, 0);
  const received = receivedWith(file, bytes);
  return { ...file, ...received, state: "uploading", activeUploads, ...renewedLease(now) };
}

/** Returns the file to the queue. The bytes of its stored parts still count. */
export function requeued(file: FileRecord): FileRecord {
  return { ...withoutActiveUploads(file), ...receivedWith(file, 0), state: "queued" };
}

/** Received bytes and progress of a file: its stored parts, and `bytes` of active uploads. */
function receivedWith({ multipart, size }: FileRecord, bytes: number) {
  const receivedBytes = Math.min(size, (multipart?.bytes ?? 0) + bytes);
  return { receivedBytes, progress: receivingProgress(receivedBytes, size) };
}

/** The object of a file. */
interface StoredObject {
  etag: string;
  /** Hex. */
  sha256?: string;
  crc32?: number;
  key?: string;
}

/**
 * R2 holds the file. This overrides every failure that a retry may repair: another request for the file
 * may have failed meanwhile.
 */
export function stored(
  file: FileRecord,
  { etag, sha256, crc32, key }: StoredObject,
  now: number,
): FileRecord {
  if (!needsBytes(file) && !isRetryableFailure(file)) return file;
  const { error: _, endedUpload: __, ...rest } = withoutActiveUploads(withoutClaim(file));
  const result: FileRecord = {
    ...rest,
    etag,
    ...(sha256 && { sha256 }),
    ...(crc32 !== undefined && { crc32 }),
    ...(key !== undefined && { key }),
    receivedBytes: file.size,
    state: "uploading",
    progress: PROGRESS.stored,
  };
  if (!needsCheck(result)) return { ...result, ...renewedLease(now) };
  // The caller that has completed the file also checks it.
  return file.claim ? { ...result, claim: { ...file.claim, at: now } } : result;
}
