import { isBatchOver, MINUTE_MS } from "../../protocol/index.ts";
import type { OpenBatch } from "./transaction.ts";

/**
 * Time for which the records of a deleted batch remain. Requests in flight may still store objects in
 * that time; the cleanup at its end deletes them.
 */
const DELETED_RECORDS_MS = 10 * MINUTE_MS;

/** A batch whose time passes. */
export type Expiring = Pick<OpenBatch, "tally" | "lifetimes">;

/**
 * Returns the time at which the batch expires, is deleted because it expired without a stored file, or
 * loses its records because it was deleted; Infinity if none of these will happen by itself.
 */
export function deadline(batch: Expiring): number {
  const { state, batch: record } = batch.tally;
  if (record.deletedAt !== undefined) return record.deletedAt + DELETED_RECORDS_MS;
  if (record.expired) return emptyUntil(batch);
  return isBatchOver(state) ? Infinity : (record.expiresAt ?? Infinity);
}

/**
 * An expired batch without a stored file is of no use to anyone, and its tokens end after that time. A
 * batch that has one stays, because records have the lifetime of files.
 */
function emptyUntil({ tally, lifetimes }: Expiring): number {
  const { cancelledAt, updatedAt } = tally.batch;
  // An earlier version did not store the time of the cancellation.
  const endedAt = cancelledAt ?? updatedAt;
  return tally.totals.completed > 0 ? Infinity : endedAt + lifetimes.linkLifetimeMs;
}

export function isDue(batch: Expiring): boolean {
  return deadline(batch) <= Date.now();
}

/** Expires the batch, or deletes it, if that is due. The records of a deleted batch are not its concern. */
export function passTime(batch: Expiring): void {
  const { tally } = batch;
  if (!isDue(batch) || tally.batch.deletedAt !== undefined) return;
  if (tally.batch.expired) tally.delete(Date.now());
  else tally.expire(Date.now());
}
