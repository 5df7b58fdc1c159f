import type { MultipartUpload } from "../../storage/keys.ts";
import type { FileError, FileState, FileProperties, Row } from "../../protocol/index.ts";

/** What changes about a file while it is uploaded; what was declared of it is in the manifest. */
export interface FileRecord extends FileProperties {
  size: number;
  state: FileState;
  /** 0 to 100, whole. */
  progress: number;
  receivedBytes: number;
  attempts: number;
  /** The batch's rev when this file last changed. */
  rev: number;
  /** The requests that are sending it now, each with how many bytes of it have come. */
  activeUploads?: Readonly<Record<string, number>>;
  /** When one of them was last heard of, in ms: what falls silent has vanished. */
  lastActivityAt?: number;
  /** Of a file that goes up in parts, until they are put together. */
  multipart?: OpenMultipart;
  /** Multipart uploads that were opened for it beside that one, until R2 has given them up. */
  orphans?: readonly MultipartUpload[];
  error?: FileError;
  etag?: string;
  sha256?: string;
}

interface OpenMultipart extends MultipartUpload {
  /** Parts that are stored, and their bytes. */
  parts: number;
  bytes: number;
}

/** What the Worker tells of one file. Saying it twice, or late, changes nothing. */
export type FileEvent = { file: number } & (
  | { event: "started"; upload: string }
  | { event: "partStarted"; upload: string }
  | { event: "receiving"; upload: string; receivedBytes: number }
  | { event: "interrupted"; upload: string }
  | { event: "timedOut" }
  | { event: "multipartOpened"; id: string; key: string }
  | { event: "partStored"; upload: string; bytes: number; properties?: FileProperties }
  | { event: "multipartGone"; id: string }
  | { event: "multipartLost"; id: string }
  | { event: "multipartAborted"; id: string }
  | { event: "multipartCompleted"; etag: string }
  | { event: "stored"; etag: string; sha256?: string }
  | { event: "processing"; progress: number }
  | { event: "completed"; properties: FileProperties }
  | { event: "failed"; upload?: string; error: FileError }
  | { event: "cancelled" }
  | { event: "retried" }
);

/** A file as it is declared. */
export function newFile(size: number): FileRecord {
  return { size, state: "queued", progress: 0, receivedBytes: 0, attempts: 0, rev: 0 };
}

/** A file that a limit refuses is declared all the same, and has failed at once. */
export function rejectedFile(size: number, error: FileError): FileRecord {
  return { ...newFile(size), state: "failed", error };
}

export function fileRow(id: number, file: FileRecord): Row {
  return [id, file.state, file.progress, file.receivedBytes, file.error?.code ?? null];
}

/** Has the whole file reached R2? */
export function isStored(file: FileRecord): boolean {
  return file.etag !== undefined;
}

/** Is the file's place in the tally exactly what it was when it was declared? */
export function isUntouched(file: FileRecord): boolean {
  return file.state === "queued" && file.attempts === 0;
}

/** Is this failure final? */
export function isFinalFailure(file: FileRecord): boolean {
  return file.state === "failed" && file.error?.retryable === false;
}
