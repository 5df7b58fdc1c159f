import type { Limits } from "./limits.ts";
import type { LocationHint } from "./locations.ts";
import type { FileError, ProblemCode } from "./problems.ts";
import { type BatchState, type FileState, NO_FILES } from "./states.ts";

/** A time in ISO 8601, UTC, with milliseconds. */
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

/** Data that the app stores with a batch. */
export type Metadata = Record<string, unknown>;

/** A batch, as in `GET /v1/batches/:batch` and in frames. */
export interface BatchResource {
  id: string;
  rev: number;
  state: BatchState;
  sealed: boolean;
  createdAt: Timestamp;
  updatedAt: Timestamp;
  completedAt: Timestamp | null;
  /** Time at which an unfinished batch expires unless it changes before; null once it is over. */
  expiresAt: Timestamp | null;
  /**
   * Time at which the files and records are deleted together; null if they stay until someone deletes
   * them, or the batch has not ended. Absent in frames of an earlier version.
   */
  keepUntil?: Timestamp | null;
  /** 0 to 100, two decimals. */
  percentComplete: number;
  /**
   * 0 to 100, two decimals: the share of the bytes that is stored, without cancelled files; 100 only if
   * all files are. Absent in responses of an earlier version.
   */
  percentStored?: number;
  totals: Totals;
  metadata: Metadata;
  /** The region that was asked for when it was created; null for where that request came in. */
  location: LocationHint | null;
  /** The stored contact sheets: the etag of each, by its number. Absent if there are none. */
  sheets?: Record<string, string>;
  /** Only if the operator has blocked its owner: it accepts no files and no retries. */
  blocked?: true;
  /** Time since which no uploader has been connected; absent while one is, and once the batch is over. */
  uploaderGone?: Timestamp;
  /** The owner's name, only in responses to the operator. */
  owner?: string;
  /** Only if the batch is completed. */
  summary?: Summary;
  /** The announcement of its last end; absent in frames, and if nothing was announced. */
  webhook?: WebhookStatus;
  /** Absent in frames about batches of an earlier version. */
  links?: BatchLinks;
  /** Only in responses to a write token and to the operator: the others open no call that has limits. */
  limits?: Limits;
}

/** The delivery of a batch's event `batch.completed`. */
export interface WebhookStatus {
  state: "pending" | "delivered" | "failed";
  attempts: number;
  /** Status of the last response; null if there was none. */
  lastStatus: number | null;
  /** Time of the next attempt; null if there is none. */
  nextAt: Timestamp | null;
}

export interface Tokens {
  /** Grants access to everything in the batch. */
  write: string;
  /** Grants access to everything that changes nothing. */
  read: string;
  /** Grants the same for an uploader's live connections. It ends with the write tokens. */
  live: string;
  /** A grant for a new anonymous owner; only in the response to a request without a grant. */
  owner?: string;
}

/** Addresses of a batch, with their origin. */
export interface BatchLinks {
  self: string;
  files: string;
  live: string;
  events: string;
  bundle: string;
  page: string;
}

/** The response to `POST /v1/batches`. */
export interface CreatedBatch {
  id: string;
  rev: number;
  state: BatchState;
  createdAt: Timestamp;
  expiresAt: Timestamp | null;
  /** As in `BatchResource`. */
  keepUntil: Timestamp | null;
  /** As in `BatchResource`. */
  location: LocationHint | null;
  tokens: Tokens;
  links: BatchLinks;
  limits: Limits;
  firstFile: number;
  count: number;
}

/** The response to `GET /v1/limits`: the conditions for a new batch. */
export interface AccessInfo {
  /** With "grant", only a grant can create a batch. */
  access: "open" | "grant";
  /** Limits of a batch that the request's token creates. */
  limits: Limits;
  /** The operator's address for reports about uploaded content. */
  contact?: string;
}

/** The response to `POST /v1/batches/:batch/tokens`. */
export interface NewTokens extends Partial<Pick<Tokens, "write" | "read" | "live">> {
  /** Time at which the first of them expires. */
  expiresAt: Timestamp;
  links: Pick<BatchLinks, "page">;
}

/** A batch in its owner's list. */
export interface ListedBatch {
  id: string;
  createdAt: Timestamp;
  state: BatchState;
  /** Number of declared files. */
  files: number;
  /** `metadata.name`; null if that is not a text. */
  name: string | null;
  links: BatchLinks;
}

/** The response to `GET /v1/batches`: a page of the owner's batches, latest first. */
export interface BatchList {
  batches: ListedBatch[];
  /** The `after` of the next page; null on the last page. */
  next: string | null;
}

/** An owner and a page of their batches, as the operator sees them. */
export interface OperatorOwner extends BatchList {
  /** The `sub` of their grants, or the name in an anonymous owner's token. */
  owner: string;
  /** True if the owner cannot create batches or upload to them. */
  blocked: boolean;
}

/** The response to `POST /v1/batches/:batch/files`. */
export interface DeclaredFiles {
  /** Id of the first file that this call declared. */
  firstFile: number;
  count: number;
  rev: number;
}

/** Properties of a file that were detected while it was stored. */
export interface FileProperties {
  /** Media type detected from the file's head, otherwise the declared one. */
  type?: string;
  /** Width and height of an image in pixels, before any EXIF rotation. */
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
  /**
   * Id of an earlier file of the batch, such as one that has changed since. Unless that one is stored, it
   * is cancelled, and lists leave it out.
   */
  replaces?: number | undefined;
}

/** One file of `GET /v1/batches/:batch/files`. */
export interface FileResource extends FileProperties {
  id: number;
  name: string;
  /** Folder and name as declared, or null. */
  path: string | null;
  size: number;
  type: string;
  /** The declared time in milliseconds since 1970. */
  lastModified?: number;
  state: FileState;
  /** 0 to 100, whole. */
  progress: number;
  receivedBytes: number;
  /** Number of uploads that were started. */
  attempts: number;
  error?: FileError;
  /** R2's etag without quotes, once the file is stored. */
  etag?: string;
  /** Hex, once it is known. */
  sha256?: string;
  /** Time at which the stored file was deleted. Its state is `cancelled` since then. */
  deletedAt?: Timestamp;
  /** Time at which a file that is sent in parts starts over unless it is stored before. */
  multipartExpiresAt?: Timestamp;
  links: { self: string; content: string };
}

/** The stored parts of a file that is sent in parts. */
export interface FileParts {
  /** Bytes of every part but the last. */
  partBytes: number;
  count: number;
  /** Numbers (1, 2, 3, …) of the stored parts, ascending. */
  received: number[];
  /**
   * Once all parts are stored: hex SHA-256 of the parts' SHA-256, 32 bytes each, in order of number.
   * Absent if one request has stored the whole file.
   */
  digest?: string;
  /** Only if requested: the hex SHA-256 of each stored part, by its number. */
  digests?: Record<string, string>;
}

/** The response to `GET /v1/batches/:batch/files/:file`. */
export interface SingleFileResource extends FileResource {
  /** Only if the file is sent in parts. */
  parts?: FileParts;
}

/** The response to `GET /v1/batches/:batch/files`. */
export interface FilePage {
  rev: number;
  files: FileResource[];
  /** The `after` of the next page; null on the last page. */
  next: number | null;
}

/** A compact file: `[id, state, progress, receivedBytes, errorCode]`. */
export type Row = [
  id: number,
  state: FileState,
  progress: number,
  receivedBytes: number,
  errorCode: ProblemCode | null,
];

/** The result of one part of a bundle: its file, or the reason for refusal. */
export type BundleResult<File = FileResource> = File | { id: number | string; error: FileError };

/** The response to `POST /v1/batches/:batch/bundle`: one result per part, in order. */
export interface BundleResponse {
  rev: number;
  files: BundleResult[];
}

/** The outcome of a completed batch. */
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
  /** The first hundred failed files. */
  failures: [id: number, name: string, code: ProblemCode][];
}

/** One line of a receipt: a file of a completed batch that was not cancelled. */
export interface ReceiptFile {
  id: number;
  /** Folder and name as declared, or the name alone. */
  path: string;
  size: number;
  /** Hex, of the stored file. */
  sha256?: string;
  /** Instead of it, if the file was stored in parts: hex SHA-256 of its parts' SHA-256, in order. */
  partsDigest?: string;
  /** Bytes of every part but the last, with `partsDigest`. */
  partBytes?: number;
  type: string;
  state: "completed" | "failed";
  error?: FileError;
}

/** The last line of a receipt, without its signature. */
export interface Receipt {
  batch: string;
  /** Rev of the last change that the receipt shows. */
  rev: number;
  /** Number of the lines before. */
  files: number;
  /** Bytes of the completed files. */
  bytes: number;
  completedAt: Timestamp;
  /** Hex SHA-256 of all bytes before this line. */
  sha256: string;
}

/** A public key that has signed receipts (RFC 8037). */
export interface ReceiptKeyResource {
  kty: "OKP";
  crv: "Ed25519";
  x: string;
  alg: "EdDSA";
  use: "sig";
  /** Its thumbprint (RFC 7638), which a signature names. */
  kid: string;
}

/** The response to `GET /v1/keys`. */
export interface ReceiptKeySet {
  /** The first one signs. */
  keys: ReceiptKeyResource[];
}

/** The response to `POST /v1/upload`. */
export interface PlainUpload {
  batch: BatchResource;
  tokens: Tokens;
  links: BatchLinks;
  files: FileResource[];
  /** The parts that are no files, in order. */
  ignored: IgnoredPart[];
}

/** A part of a form that is not stored. */
export interface IgnoredPart {
  /** Name of its field. */
  name: string;
  /** One sentence that says why. */
  reason: string;
}
