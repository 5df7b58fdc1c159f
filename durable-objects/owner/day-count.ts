import { DAY_MS } from "../../protocol/index.ts";
import { type Account, findBatch, type OwnedBatch, put } from "./account.ts";
import { difference, NOTHING, sum } from "./amount.ts";
import type { Amount } from "./messages.ts";

/** Returns days since 1970 (UTC). */
export function dayOf(ms: number): number {
  return Math.floor(ms / DAY_MS);
}

/** Returns the part of a batch's quota that counts for a day. */
export function countedOn(batch: OwnedBatch | undefined, day: number): Amount {
  if (!batch) return NOTHING;
  const { counted, createdAt, used } = batch;
  if (!counted) return dayOf(createdAt) === day ? used : NOTHING;
  const [countedDay, files, bytes] = counted;
  return countedDay === day ? { files, bytes } : NOTHING;
}

/**
 * Puts a batch into the account, and counts it for the account's day.
 *
 * @param today the part of its quota that counts for the day. Only what was counted for a day may be
 *   returned on that day: bytes of another day would make room for others
 */
export function putCounted(account: Account, batch: OwnedBatch, today: Amount): Account {
  const { day } = account;
  const before = countedOn(findBatch(account, batch.id), day);
  const used = sum(difference(account.used, before), today);
  const { counted: _, ...uncounted } = batch;
  const isImplied = isSame(countedOn(uncounted, day), today);
  const counted = [day, today.files, today.bytes] as const;
  return { ...put(account, isImplied ? uncounted : { ...uncounted, counted }), used };
}

function isSame(a: Amount, b: Amount): boolean {
  return a.files === b.files && a.bytes === b.bytes;
}
