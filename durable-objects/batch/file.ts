import {
  type FileError,
  type FileProperties,
  type FileState,
  isSettled,
  partLayout,
  PROGRESS,
  type Row,
} from "../../protocol/index.ts";
import type { MultipartUpload } from "../../storage/keys.ts";

/** The part of a file that changes while it is uploaded. What was declared is in the manifest. */
export interface FileRecord extends FileProperties {
  size: number;
  state: FileState;
  /** 0 to 100, whole. */
  progress: number;
  receivedBytes: number;
  attempts: number;
  /** The batch's rev when this file last changed. */
  rev: number;
  /** Requests that are sending the file, by the id of the upload, with the bytes received by each. */
  activeUploads?: Readonly<Record<string, number>>;
  /**
   * Id of the upload that ended last without storing the file. Its events may be repeated, as the
   * platform repeats a call whose response was lost.
   */
  endedUpload?: string;
  /** Time of the last event of an active upload, in ms since 1970. */
  lastActivityAt?: number;
  /** True if the file may be sent in parts and a digest was declared for it. */
  hasDigest?: true;
  /** The multipart upload of a file that is sent in parts, until it is completed. */
  multipart?: OpenMultipart;
  /** Further multipart uploads that were created for the file and have to be aborted. */
  orphans?: readonly TriedMultipart[];
  /**
   * The caller that performs the file's next step in R2, which one caller at a time should do. It is
   * stored, so that a restart does not start the same step a second time.
   */
  claim?: Claim;
  /**
   * Time at which the file was cancelled, in ms since 1970, until the cleanup has looked for an object
   * that a request stored and did not report.
   */
  cancelledAt?: number;
  /** Time at which the stored file was deleted, in ms since 1970. */
  deletedAt?: number;
  error?: FileError;
  /** An object that the file does not need and that has to be deleted. */
  unwantedObject?: RecordedObject;
  /** R2's etag without quotes, once the file is stored. */
  etag?: string;
  /** Hex. */
  sha256?: string;
  /**
   * CRC-32 of the file, once it is stored: archives need it before the bytes. Absent if an earlier version
   * of the Worker has stored the file.
   */
  crc32?: number;
  /**
   * Hex digest of the file's parts, once they are its object. Null if an earlier version of the Worker
   * has completed the file.
   */
  partsDigest?: string | null;
  /**
   * Key of the file's object, once the file is stored. It is never computed again: a later version may
   * compute another one. Absent if an earlier version of the Worker has stored the file.
   */
  key?: string;
}

/** An object in R2, as a file's record names it. */
export interface RecordedObject {
  key: string;
  etag: string;
}

/** An object that was read back. */
interface CheckedObject {
  etag: string;
  /** Hex. */
  sha256: string;
}

/** A claim ends after a minute, or when its caller returns it. */
interface Claim {
  /** Its start, in ms since 1970. */
  at: number;
  /** Id of the request that has it. */
  by: string;
}

/** A multipart upload that R2 may have completed, or may be completing. */
export interface TriedMultipart extends MultipartUpload {
  /** Start of the last attempt to complete it, in ms since 1970; absent if there was none. */
  triedAt?: number;
}

export interface OpenMultipart extends TriedMultipart {
  /** Time at which it was registered, in ms since 1970; absent if an earlier version has opened it. */
  openedAt?: number;
  /** Number of stored parts. */
  parts: number;
  /** Bytes of the stored parts. */
  bytes: number;
  /**
   * Time at which R2 first responded that the upload, or a part of it, does not exist, in ms since 1970.
   * It counts as lost only after two minutes, as R2 may have completed it.
   */
  doubtfulSince?: number;
  /** Hex digest of the whole file, if one request has sent all parts. */
  sha256?: string;
}

/**
 * Something that happened to a file, as the Worker or the cleanup reports it. A repeated or late event
 * changes nothing. `upload` is the id of the request that sends the file or part.
 */
export type FileEvent = { file: number } &
  // A request has begun to send the whole file, or one part.
  (
    | { event: "started"; upload: string }
    | { event: "partStarted"; upload: string }
    // Bytes of it have arrived.
    | { event: "receiving"; upload: string; receivedBytes: number }
    // It ended before its bytes were stored.
    | { event: "interrupted"; upload: string }
    // None of the file's active uploads has reported anything for a minute.
    | { event: "timedOut" }
    // A caller has taken the file's next step in R2, or returns it.
    | { event: "claimed"; by: string }
    | { event: "released" }
    // A multipart upload was created for the file. `sha256` is that of the whole file.
    | { event: "multipartOpened"; id: string; key: string; sha256?: string }
    | { event: "partStored"; upload: string; bytes: number; properties?: FileProperties }
    // The request has sent a part that was stored before.
    | { event: "partRepeated"; upload: string }
    // R2 rejected a part, because it has no such multipart upload.
    | { event: "multipartGone"; id: string }
    // R2 may be unable to complete the multipart upload.
    | { event: "multipartDoubted"; id: string }
    // Some of its parts have to be sent again.
    | { event: "partsDropped"; id: string; parts: number; bytes: number }
    // R2 cannot complete the multipart upload, because its parts are lost.
    | { event: "multipartLost"; id: string }
    | { event: "multipartAborted"; id: string }
    // The parts have become the file's object. An earlier version of the Worker sends only the etag.
    | ({ event: "multipartCompleted"; etag: string } & Partial<CompletedMultipart>)
    // A caller reads the object back, whose etag the record had when it began.
    | { event: "checking"; by: string; etag: string; progress: number }
    | { event: "digestChecked"; etag: string; object: CheckedObject }
    // The object is not the file; null if there is none.
    | { event: "objectRefused"; etag: string; object: CheckedObject | null; error: FileError }
    // A caller has read the object back to compute its CRC-32.
    | { event: "crc32Found"; etag: string; object: { etag: string; crc32: number } }
    // R2 has another object than the recorded one.
    | { event: "crc32Lost"; etag: string }
    // An unwanted object was deleted.
    | { event: "objectDeleted"; etag: string }
    // One request has stored the whole file.
    | { event: "stored"; etag: string; sha256?: string; crc32?: number; key?: string }
    | { event: "processing"; progress: number }
    | { event: "completed"; properties: FileProperties }
    // `upload` is absent if the failure is not that of a request.
    | { event: "failed"; upload?: string; error: FileError }
    // `batch` is true if the whole batch was cancelled, whose objects are deleted together. `deletes` is
    // true if a settled file is deleted as well.
    | { event: "cancelled"; batch?: boolean; deletes?: boolean }
    // The cleanup has deleted the object of a cancelled file, if there was one.
    | { event: "cleaned" }
    // `upload` is absent if it is not a request that sends the file. `reopens` is the end of the batch that
    // it may undo, as the owner has allowed.
    | { event: "retried"; upload?: string; reopens?: number | undefined }
  );

/** A multipart upload that has become an object. */
interface CompletedMultipart extends MultipartUpload {
  /** Bytes of the object. */
  size: number;
  /** True if the object was found after a failure: the upload may still be open. */
  isOpen: boolean;
  /** Hex digest of its parts. */
  partsDigest: string;
  /** Hex SHA-256 of each part, in order of their numbers. */
  digests: readonly string[];
  /** CRC-32 of the object. */
  crc32: number;
}

/** The events with this name. */
export type EventOf<E extends FileEvent["event"]> = Extract<FileEvent, { event: E }>;

/** The last stages of a file whose properties are known, or can't be found. */
export function finalEvents(file: number): FileEvent[] {
  return [
    { file, event: "processing", progress: PROGRESS.processing },
    { file, event: "completed", properties: {} },
  ];
}

/** Returns the record of a file that was just declared. */
export function newFile(size: number): FileRecord {
  return { size, state: "queued", progress: 0, receivedBytes: 0, attempts: 0, rev: 0 };
}

/** Returns the record of a file that a limit refuses: it is declared, and failed from the start. */
export function rejectedFile(size: number, error: FileError): FileRecord {
  return { ...newFile(size), state: "failed", error };
}

export function fileRow(id: number, file: FileRecord): Row {
  return [id, file.state, file.progress, file.receivedBytes, file.error?.code ?? null];
}

/** True if R2 holds the whole file. */
export function isStored(file: FileRecord): boolean {
  return file.etag !== undefined;
}

/**
 * True if the file waits for the check of its declared digest. The bytes of a single request are hashed
 * on their way, so a stored file without a digest has come in parts.
 */
export function needsCheck(file: FileRecord): boolean {
  return (
    file.hasDigest === true && isStored(file) && file.sha256 === undefined && !isSettled(file.state)
  );
}

/** True if the file waits for bytes. */
export function needsBytes(file: FileRecord): boolean {
  return !isSettled(file.state) && !isStored(file);
}

/** True if requests are sending the file, as far as is known. */
export function isUploading(file: FileRecord): boolean {
  return file.state === "uploading" && !isStored(file);
}

/** True if R2 holds all bytes of the file, and it is not settled. */
export function isUnfinished(file: FileRecord): boolean {
  return !isSettled(file.state) && (isStored(file) || hasAllParts(file));
}

/** True if R2 holds every part of the file, completed or not. */
export function hasAllParts({ multipart, size }: FileRecord): boolean {
  return multipart?.parts === partLayout(size).count;
}

/** True if stored records of the file's parts, if there are any, have no use any more. */
export function hasNoParts(file: FileRecord): boolean {
  return isStored(file) ? file.partsDigest === undefined : !file.multipart?.parts;
}

/** True if nothing has happened to the file since it was declared. */
export function isAsDeclared(file: FileRecord): boolean {
  return file.state === "queued" && file.attempts === 0;
}

/** True if the file failed and a retry may repair that. */
export function isRetryableFailure(file: FileRecord): boolean {
  return file.state === "failed" && !isFinalFailure(file);
}

/** True if the file failed and a retry is pointless. */
export function isFinalFailure(file: FileRecord): boolean {
  return file.state === "failed" && file.error?.retryable === false;
}
