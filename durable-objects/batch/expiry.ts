import { isBatchOver, MINUTE_MS } from "../../protocol/index.ts";
import { endOf, keepUntil, type KeptBatch } from "./keeping.ts";
import type { OpenBatch } from "./transaction.ts";

/**
 * Time for which the records of a deleted batch remain. Requests in flight may still store objects in
 * that time; the cleanup at its end deletes them.
 */
const DELETED_RECORDS_MS = 10 * MINUTE_MS;

/** A batch whose time passes. */
export type Expiring = Pick<OpenBatch, "tally" | "lifetimes"> & KeptBatch;

/**
 * Returns the time at which the batch expires, is deleted because its days are over or it expired without
 * a stored file, or loses its records because it was deleted; Infinity if none of these will happen by
 * itself.
 */
export function deadline(batch: Expiring): number {
  const { state, batch: record } = batch.tally;
  if (record.deletedAt !== undefined) return record.deletedAt + DELETED_RECORDS_MS;
  if (!isBatchOver(state)) return record.expiresAt ?? Infinity;
  return Math.min(keepUntil(batch) ?? Infinity, record.expired ? emptyUntil(batch) : Infinity);
}

/**
 * An expired batch without a stored file is of no use to anyone, and its tokens end after that time. A
 * batch that has one stays, because records have the lifetime of files.
 */
function emptyUntil({ tally, lifetimes }: Expiring): number {
  const end = endOf(tally.batch) ?? Infinity;
  return tally.totals.completed > 0 ? Infinity : end + lifetimes.linkLifetimeMs;
}

export function isDue(batch: Expiring): boolean {
  return deadline(batch) <= Date.now();
}

/** Expires the batch, or deletes it, if that is due. The records of a deleted batch are not its concern. */
export function passTime(batch: Expiring): void {
  const { tally } = batch;
  if (!isDue(batch) || tally.batch.deletedAt !== undefined) return;
  if (isBatchOver(tally.state)) tally.delete(Date.now());
  else tally.expire(Date.now());
}
