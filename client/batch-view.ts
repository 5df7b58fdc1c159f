import type { BatchResource, Summary } from "../protocol/index.ts";
import type { Ledger } from "./ledger.ts";
import type { ConnectionState } from "./live/live.ts";
import type { ClientProblem } from "./errors.ts";

export interface ViewEvents {
  /** Files were added to the ledger, the first with the id `first`: declared here, or by others. */
  files: { first: number; count: number; isOwn: boolean };
  /** What the ledger knows of these files has changed, or its totals have. Fires often. */
  progress: { files: ReadonlySet<number> };
  /** The batch's own state has changed. */
  batch: BatchResource;
  completed: Summary;
  connection: ConnectionState;
  /** The server has asked to wait: for so many milliseconds nothing is sent. Null when it goes on. */
  ratelimited: { ms: number | null };
  /** Something is wrong beyond single files. `running` says whether the others go on. */
  problem: ClientProblem;
}

/** What a page shows of a batch, whoever uploads. */
export interface BatchView {
  readonly ledger: Ledger;
  /** As last known; null before the first news. */
  readonly batch: BatchResource | null;
  /** How the batch ended; null while it has not, or is active again after a retry. */
  readonly summary: Summary | null;
  readonly connection: ConnectionState;
  /** Calls `listener` at every `event`; the answer is the function that ends that. */
  on<K extends keyof ViewEvents>(event: K, listener: (detail: ViewEvents[K]) => void): () => void;
  /** Stops listening (and sending); the batch stays as it is. */
  dispose(): void;
}
