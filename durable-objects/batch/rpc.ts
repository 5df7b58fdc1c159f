import type { DurableObject } from "cloudflare:workers";
import type {
  DeclaredFiles,
  FileError,
  FileProperties,
  FileState,
  LocationHint,
  Metadata,
  Row,
} from "../../protocol/index.ts";
import type { FileDeclaration, GrantLimits } from "../../protocol/schemas.ts";
import type { MultipartUpload } from "../../storage/keys.ts";
import type { CompletionDoubt, UploadedPart } from "../../storage/multipart.ts";
import type { Amount, BatchEvent, EncodedName, ReopenedBatch } from "../owner/messages.ts";
import type { RevocableScope, TokenAccess } from "./access.ts";
import type { Batch } from "./batch.ts";
import type { BatchLimits } from "./limits.ts";
import type { FileDetails, SingleFileDetails } from "./views.ts";

/** The methods of `Batch` that the Worker calls; the platform calls the others. */
export type BatchMethod = Exclude<keyof Batch, keyof DurableObject>;

/** The methods of contact sheets, which change no file. */
type SheetMethod = "admitSheet" | "recordSheet" | "sheet";

/** The methods that may change the batch. */
export type ChangingMethod = Exclude<
  BatchMethod,
  "status" | "operatorStatus" | "list" | "receipt" | "file" | "storedFile" | "archive" | SheetMethod
>;

export interface NewBatch {
  id: string;
  metadata: Metadata;
  files: FileDeclaration[];
  sealed: boolean;
  /** The hint with which the caller places the object. */
  location?: LocationHint;
  owner?: {
    /** Key of the owner's object. */
    key: string;
    /** The owner's name, as the operator knows it; absent in calls of an earlier version. */
    name?: string;
    /** True if the owner's object has reserved quota for the batch, which has to confirm that. */
    isNotified: boolean;
    /** Time at which the token of an anonymous owner expires, in ms since 1970. */
    endsAt?: number;
  };
  /** Limits of the grant that creates the batch. */
  grantLimits?: GrantLimits;
  /** The days that the call asks for. The limits may have fewer. */
  keepDays?: number;
  /** Origin of the request; absent in calls of an earlier version. */
  origin?: string;
  /** The call that creates the batch, if it has a key. */
  call?: BatchCall;
}

/** A call that may be repeated, and has the batch's id from its key. */
export interface BatchCall {
  /** Id of the request: the platform repeats a call of the same request. */
  by: string;
  /** Hex SHA-256 of its body; null if it is not known yet. */
  digest: string | null;
}

/** A change of a batch itself. */
export interface BatchChange {
  sealed?: true | undefined;
  /** A JSON Merge Patch. */
  metadata?: Metadata | undefined;
}

/** More files for a batch. */
export interface NewFiles {
  /** Idempotency key: a repeated call with the same key declares nothing and gets the same result. */
  key: string;
  /** Hex SHA-256 of the body; absent if the client has sent no key. */
  digest?: string;
  files: FileDeclaration[];
  /** The id that the caller expects for the first of them; null for any. */
  firstFile?: number | null;
  /** True to store nothing, and only get the result or the refusal. */
  isCheck?: boolean;
  /** The name under which the owner has reserved quota for them. */
  reservation?: string;
  /** The amount that is reserved; absent in calls of an earlier version. */
  reserved?: Amount;
}

/** The result of a declaring call. */
export interface Declaration extends DeclaredFiles {
  /**
   * The quota that the files need, if they are not declared yet: they were only checked, or they need more
   * than was reserved.
   */
  needs?: Amount;
  /** Key of the owner's object, which reserves that quota; absent for a batch without an owner. */
  owner?: string;
  /** Time at which an anonymous owner ends, in ms since 1970. */
  ownerEndsAt?: number;
  /** Time of the batch's creation, in ms since 1970. */
  createdAt?: number;
  /** The batch's name for its owner; null without one. */
  name?: EncodedName | null;
}

/** The tags of a `PUT`'s conditions, without quotes; a weak one never matches. Absent without one. */
export interface SheetCondition {
  match?: string[];
  noneMatch?: string[];
}

/** A contact sheet in R2. */
export interface StoredSheet {
  key: string;
  /** Without quotes. */
  etag: string;
}

/** A batch that was deleted. */
export interface DeletedBatch {
  /** The event for its owner. */
  event: BatchEvent;
  /** Key of the owner's object; absent for a batch without an owner. */
  owner?: string;
  /** The folder of its objects. */
  folder: string;
}

/** New tokens for a batch. */
export interface TokenRenewal {
  /** Key of the owner who asks; null for a holder of the write token. */
  owner: string | null;
  /** Scopes whose earlier tokens end. */
  revoke: RevocableScope[];
}

/** The number of a method's arguments before its `access`; never if it has none. */
type BeforeAccess<M extends BatchMethod> =
  Required<Parameters<Batch[M]>> extends
    | [...infer Before, TokenAccess]
    | [...infer Before, TokenAccess, boolean, number]
    ? Before["length"]
    : never;

/**
 * The methods that a request calls first, with the position of their `access`. The Batch checks the token
 * on the call that it gets anyway.
 */
export const BEFORE_ACCESS = {
  declare: 1,
  seal: 0,
  change: 1,
  setPaused: 1,
  retry: 1,
  cancel: 0,
  cancelFile: 1,
  cancelFiles: 1,
  delete: 0,
  repeatWebhook: 0,
  renewTokens: 1,
  status: 0,
  list: 1,
  receipt: 1,
  file: 2,
  storedFile: 1,
  archive: 1,
  sheet: 1,
  admitSheet: 3,
  admit: 2,
  admitPart: 2,
} as const satisfies {
  [M in BatchMethod as BeforeAccess<M> extends never ? never : M]: BeforeAccess<M>;
};

/** Selects the files that changed after `since`, are in `state` and have the name and path, in pages of `limit`. */
export interface FileListQuery {
  since: number | null;
  state: FileState | null;
  /** Declared name in NFC; null for any. */
  name?: string | null;
  /** Declared path in NFC; null for any. */
  path?: string | null;
  /** The last id of the previous page; -1 for the first page. */
  after: number;
  limit: number;
}

/** The data that the Worker needs before it accepts the bytes of a file. */
export interface Admission {
  id: number;
  name: string;
  size: number;
  /** The declared type; "" if the client did not know it. */
  type: string;
  /** The declared digest, in hex. */
  sha256?: string;
  /** Prefix of the key of the file's object. */
  folder: string;
  /** Media types that the batch accepts; null for all. */
  types: BatchLimits["types"];
  /** The policy for a wrong declared type; absent in the response of an earlier version. */
  wrongTypes?: BatchLimits["wrongTypes"];
  row: Row;
  /** `send`: the bytes are needed; `have`: they are stored; otherwise the reason for refusal. */
  decision: "send" | "have" | FileError;
  /** Present if sending the file would make a completed batch active again. */
  reopening?: Reopening;
}

/** The owner who has to count a completed batch as open before its failed files are sent or retried. */
export interface Reopening {
  /** Key of the owner's object. */
  owner: string;
  batch: ReopenedBatch;
  /** The rev of the end that would be undone. */
  end: number;
}

/** The batch after events. */
export interface AppliedEvents {
  rev: number;
  /** The rows of the events' files. */
  rows: Row[];
  /** The file that the caller asked for. */
  file?: SingleFileDetails;
  /** The files that the caller asked for; absent in the response of an earlier version. */
  files?: FileDetails[];
}

/** The data that the Worker needs before it accepts the bytes of one part of a file. */
export interface PartAdmission {
  file: Admission;
  /** Bytes of the part; 0 if the file has no such part. */
  bytes: number;
  /** The multipart upload of the file; null until one is registered. */
  multipart: MultipartUpload | null;
  /** True if the part is stored. */
  isStored: boolean;
  /** The completion for the caller to perform; null if parts are missing or another caller has it. */
  completion: MultipartCompletion | null;
}

/** A part that was stored in R2. */
export interface StoredPart {
  /** 1, 2, 3, … */
  number: number;
  /** R2's id of the multipart upload. */
  multipartId: string;
  etag: string;
  /** Hex; empty if the request has the digest of the whole file only. */
  sha256: string;
  /** Absent in calls of an earlier version. */
  crc32?: number;
  bytes: number;
  /** Id of the request that sent the part. */
  upload: string;
  /** Properties found in the first part. */
  properties?: FileProperties;
}

/** The file after a part was recorded. */
export interface RecordedPart {
  file: SingleFileDetails;
  /** The completion for the caller to perform; null if parts are missing or another caller has it. */
  completion: MultipartCompletion | null;
}

/** The answer of R2 that makes a completion doubtful. */
export interface DoubtfulCompletion {
  /** R2's id of the multipart upload. */
  multipartId: string;
  doubt: CompletionDoubt;
}

/** A multipart upload that a request has created, and the digest of the whole file if it is known. */
export interface NewMultipart extends MultipartUpload {
  /** Hex. */
  sha256?: string;
  /** The end of the batch that a retry of the file may undo, as its owner has allowed. */
  reopens?: number | undefined;
}

/** A file whose parts are all stored and can be completed in R2. */
export interface MultipartCompletion {
  file: number;
  size: number;
  multipart: MultipartUpload;
  parts: UploadedPart[];
  /** The declared digest, which has to be checked before the file is completed. */
  sha256?: string;
  /** Hex SHA-256 of each part, in the same order; absent in calls of an earlier version. */
  digests?: string[];
  /** CRC-32 of each part, in the same order; absent if one is unknown, and in calls of an earlier version. */
  crc32s?: number[];
  /** Numbers of the parts of which requests have stored several contents. */
  ambiguousParts?: number[];
}
