import type { Settings } from "../settings.ts";
import type { BatchState } from "../../protocol/index.ts";

/** Files, and their bytes. */
export interface Amount {
  files: number;
  bytes: number;
}

/** The operator's limits for one owner; null for no limit. */
export type Quota = Pick<Settings, "openBatches" | "filesPerDay" | "bytesPerDay">;

/** Which quota is used up. */
export type QuotaName = "openBatches" | "files" | "bytes";

/** A batch that is about to be made. */
export interface NewOwnedBatch extends Amount {
  id: string;
  /** ms since 1970 */
  createdAt: number;
}

/** Files that are about to be declared in a batch. */
export interface AddedFiles extends Amount {
  batch: string;
  /** Names this call: calling again with the same name adds nothing more. */
  call: string;
}

/** What a batch has to tell. Told twice, or late, it changes nothing. */
export interface BatchEvent {
  id: string;
  createdAt: number;
  rev: number;
  state: BatchState | "removed";
  /** Files that were declared. */
  files: number;
  completed: Amount;
}

/** Whether something may be done. */
export interface QuotaDecision {
  /** Null where it may be done, and is taken in. */
  exceeded: QuotaName | null;
  /** Where there are too many open batches: some of them, the oldest last. */
  open: string[];
}
