import type { Limits } from "./limits.ts";
import type { FileError, ProblemCode } from "./problems.ts";
import { type BatchState, type FileState, NO_FILES } from "./states.ts";

/** A moment, as ISO 8601 in UTC with milliseconds. */
type Timestamp = string;

/** The number of files by state, and sums over all files of a batch. */
export interface Totals extends Record<FileState, number> {
  files: number;
  /** Declared size of all files. */
  bytes: number;
  receivedBytes: number;
}

/** The totals of a batch without files. */
export const ZERO_TOTALS: Readonly<Totals> = { files: 0, ...NO_FILES, bytes: 0, receivedBytes: 0 };

/** Anything that the operator's app wants to keep with a batch. */
export type Metadata = Record<string, unknown>;

/** `GET /v1/batches/:batch`, and `batch` in frames. */
export interface BatchResource {
  id: string;
  rev: number;
  state: BatchState;
  sealed: boolean;
  createdAt: Timestamp;
  updatedAt: Timestamp;
  completedAt: Timestamp | null;
  expiresAt: Timestamp;
  /** 0 to 100, two decimals. */
  percentComplete: number;
  totals: Totals;
  metadata: Metadata;
  /** Only of a completed batch. */
  summary?: Summary;
}

export interface Tokens {
  /** Opens everything in the batch. */
  write: string;
  /** Opens what changes nothing. */
  read: string;
  /** A grant for a new anonymous owner: only where batches are open and no grant was sent. */
  owner?: string;
}

export interface BatchLinks {
  self: string;
  files: string;
  live: string;
  events: string;
  bundle: string;
  tus: string;
  page: string;
}

/** The answer to `POST /v1/batches`. */
export interface CreatedBatch {
  id: string;
  rev: number;
  state: BatchState;
  createdAt: Timestamp;
  expiresAt: Timestamp;
  tokens: Tokens;
  links: BatchLinks;
  limits: Limits;
  firstFile: number;
  count: number;
}

/** A batch as its owner lists it. */
export interface ListedBatch {
  id: string;
  createdAt: Timestamp;
  state: BatchState;
  /** Files that were declared in it. */
  files: number;
  links: BatchLinks;
}

/** The answer to `GET /v1/batches`: the owner's most recent, the latest first. */
export interface BatchList {
  batches: ListedBatch[];
}

/** The answer to `POST /v1/batches/:batch/files`. */
export interface DeclaredFiles {
  /** Id of the first of the files declared by this call. */
  firstFile: number;
  count: number;
  rev: number;
}

/** What processing found out about a file. */
export interface FileProperties {
  /** Media type by the file's first bytes; the declared one where they do not tell. */
  type?: string;
  /** Of an image, in pixels as stored (before any EXIF rotation). */
  width?: number;
  height?: number;
}

/** One file as a client declares it. `schemas.ts` has the rules. */
export interface FileDeclaration {
  name: string;
  /** Bytes. */
  size: number;
  /** Media type. */
  type?: string | undefined;
  /** Folder and name, with `/` between. */
  path?: string | undefined;
  /** Milliseconds since 1970. */
  lastModified?: number | undefined;
  /** 64 hexadecimal digits. */
  sha256?: string | undefined;
}

/** One file of `GET /v1/batches/:batch/files`. */
export interface FileResource extends FileProperties {
  id: number;
  name: string;
  /** Folder and name as the client gave them, or null. */
  path: string | null;
  size: number;
  type: string;
  /** As declared, in milliseconds since 1970. */
  lastModified?: number;
  state: FileState;
  /** 0 to 100, whole. */
  progress: number;
  receivedBytes: number;
  /** How often its upload was begun. */
  attempts: number;
  error?: FileError;
  /** R2's, without quotes, once stored. */
  etag?: string;
  /** Hex, once known. */
  sha256?: string;
  links: { self: string; content: string };
}

/** What is there of a file that goes up in parts. */
export interface FileParts {
  /** Bytes of every part but the last. */
  partBytes: number;
  count: number;
  /** Numbers (1, 2, 3, …) of the parts that are stored, ascending. */
  received: number[];
  /** Only where asked for: the hex SHA-256 of each of them. */
  sha256?: string[];
}

/** `GET /v1/batches/:batch/files/:file` */
export interface SingleFileResource extends FileResource {
  /** Only of a file that goes up in parts. */
  parts?: FileParts;
}

/** The answer to `GET /v1/batches/:batch/files`. */
export interface FilePage {
  rev: number;
  files: FileResource[];
  /** What to pass as `after` for the next page; null at the end. */
  next: number | null;
}

/** A file in small: `[id, state, progress, receivedBytes, errorCode]`. */
export type Row = [
  id: number,
  state: FileState,
  progress: number,
  receivedBytes: number,
  errorCode: ProblemCode | null,
];

/** What became of one part of a bundle: its file's row, or why it was refused. */
export type BundleResult = Row | { id: number | string; error: FileError };

/** The answer to `POST /v1/batches/:batch/bundle`: one result for each part, in order. */
export interface BundleResponse {
  rev: number;
  files: BundleResult[];
}

/** How a batch ended. */
export interface Summary {
  files: number;
  completed: number;
  failed: number;
  cancelled: number;
  /** Bytes of the completed files. */
  bytes: number;
  startedAt: Timestamp;
  completedAt: Timestamp;
  durationMs: number;
  /** `[id, name, code]` of the first hundred failed files. */
  failures: [id: number, name: string, code: ProblemCode][];
}

/** The answer to `POST /v1/upload`. */
export interface PlainUpload {
  batch: BatchResource;
  tokens: Tokens;
  links: BatchLinks;
  files: FileResource[];
}
