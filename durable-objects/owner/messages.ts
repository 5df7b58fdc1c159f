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

/** A batch that is about to be created. */
export interface NewOwnedBatch extends Amount {
  id: string;
  /** In ms since 1970. */
  createdAt: number;
}

/** Files that are about to be declared in a batch. */
export interface AddedFiles extends Amount {
  batch: string;
  /** Name of the declaring call: a repeated call uses no quota. */
  call: string;
}

/** The state of a batch, for its owner. A repeated or late event changes nothing. */
export interface BatchEvent {
  id: string;
  /** In ms since 1970. */
  createdAt: number;
  rev: number;
  state: BatchState | "removed";
  /** Number of declared files. */
  files: number;
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
  /** The exceeded quota; null if the reservation was made. */
  exceeded: QuotaName | null;
  /** If there are too many open batches: ids of some of them, the oldest last. */
  open: string[];
}
