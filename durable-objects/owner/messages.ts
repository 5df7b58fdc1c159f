import type { BatchState } from "../../protocol/index.ts";
import type { Settings } from "../settings.ts";

/** A number of files, and their bytes. */
export interface Amount {
  files: number;
  bytes: number;
}

/** The operator's limits for one owner; null for no limit. */
export type Quota = Pick<Settings, "openBatches" | "filesPerDay" | "bytesPerDay">;

/** A quota that can be exceeded; files and bytes are those of one day. */
export type QuotaName = "openBatches" | "files" | "bytes";

/** A batch's name in percent-encoding, because messages are ASCII. */
export type EncodedName = string;

/** A batch that is about to be created. */
export interface NewOwnedBatch extends Amount, OwnerLifetime {
  id: string;
  /** In ms since 1970. */
  createdAt: number;
  /** Null without one; absent in calls of an earlier version. */
  name?: EncodedName | null;
}

/** The lifetime of an anonymous owner. */
export interface OwnerLifetime {
  /** Time at which their token expires, in ms since 1970; absent for the owner of a grant. */
  ownerEndsAt?: number;
}

/** Files that are about to be declared in a batch. */
export interface AddedFiles extends Amount, OwnerLifetime {
  batch: string;
  /** Name of the declaring call: a repeated call uses no quota. */
  call: string;
  /** Time of the batch's creation, in ms since 1970; absent in calls of an earlier version. */
  createdAt?: number;
  /** The batch's name, if its owner may not know the batch yet. */
  name?: EncodedName | null;
}

/** A completed batch that is about to become active again, because failed files are sent or retried. */
export interface ReopenedBatch extends OwnerLifetime {
  id: string;
  /** In ms since 1970. */
  createdAt: number;
  /** The batch's rev. */
  rev: number;
  /** Number of declared files. */
  files: number;
  /** Its files that use quota. */
  counted: Amount;
  /** Those of them that have failed and may be sent again. */
  failed: Amount;
}

/** The state of a batch, for its owner. A repeated or late event changes nothing. */
export interface BatchEvent extends OwnerLifetime {
  id: string;
  /** In ms since 1970. */
  createdAt: number;
  rev: number;
  state: BatchState | "removed";
  /** The rev of a completed batch's last end; absent for other batches, and in events of an earlier version. */
  end?: number;
  /** Number of declared files. */
  files: number;
  /** Null without one; absent in events of an earlier version. */
  name?: EncodedName | null;
  completed: Amount;
  /**
   * Files that are stored or may still be sent: those that use quota. Absent in events of an earlier
   * version.
   */
  counted?: Amount;
  /** Names of the declaring calls that the batch has stored since its last event. */
  calls?: readonly string[];
}

/** The place of a batch in its owner's list, even after it was removed. */
export type BatchPosition = Pick<NewOwnedBatch, "id" | "createdAt">;

/** The result of a reservation. */
export interface QuotaDecision {
  /** The exceeded quota, or that the operator has blocked the owner; null if the reservation was made. */
  exceeded: QuotaName | "blocked" | null;
  /** Empty: an earlier version of the Worker requires it. */
  open: string[];
  /** The amount that this call has counted: nothing if it was repeated. */
  reserved?: Amount | undefined;
  /** True if the owner did not know the batch before. */
  isNew?: boolean | undefined;
}

/** The operator's decision about an owner. */
export interface OperatorBlock {
  isBlocked: boolean;
  /** Rises with each decision, so that a batch ignores a late call. */
  order: number;
}
