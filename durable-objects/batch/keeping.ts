import { DAY_MS } from "../../protocol/index.ts";
import type { BatchRecord } from "./tally.ts";

/** A batch whose files and records may be deleted some days after its end. */
export interface KeptBatch {
  config: { keepDays?: number };
  tally: { batch: BatchRecord };
}

/** Returns the time at which the batch ended; null if it has not. */
export function endOf(batch: BatchRecord): number | null {
  const { completedAt, cancelled, cancelledAt, updatedAt } = batch;
  // An earlier version did not store the time of the cancellation.
  return completedAt ?? (cancelled ? (cancelledAt ?? updatedAt) : null);
}

/**
 * Returns the time at which the files and records of the batch are deleted together; null if it has not
 * ended, or they stay until it is deleted. A retry that makes the batch active again ends the count.
 */
export function keepUntil({ config: { keepDays }, tally }: KeptBatch): number | null {
  const end = endOf(tally.batch);
  return keepDays === undefined || end === null ? null : end + keepDays * DAY_MS;
}

/**
 * True if the batch is unknown to its callers. The alarm that deletes a batch may be late, and nothing may
 * be read from it until then.
 */
export function isGone(batch: KeptBatch): boolean {
  const until = keepUntil(batch);
  return batch.tally.batch.deletedAt !== undefined || (until !== null && until <= Date.now());
}
