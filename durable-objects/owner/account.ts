import { type BatchState, isBatchOver, LISTED_ENDED_BATCHES } from "../../protocol/index.ts";
import { NOTHING } from "./amount.ts";
import type { Amount, BatchEvent, BatchPosition, Quota, QuotaName } from "./messages.ts";

/**
 * Open batches that an account can hold, even without a quota. It is stored as one value, which may
 * have 2 MB; a batch takes up to 300 bytes.
 */
const MAX_OPEN_BATCHES = 5000;

/** Quota for files that a call is about to declare. */
export interface Reservation extends Amount {
  /** In ms since 1970. */
  at: number;
}

/** By the name of the declaring call. */
type PendingReservations = Readonly<Record<string, Reservation>>;

/** A batch in its owner's account. Code that changes one keeps the fields that it does not know. */
export interface OwnedBatch {
  id: string;
  /** In ms since 1970. */
  createdAt: number;
  state: BatchState;
  /** Number of declared files. */
  files: number;
  /** The batch's rev in its last event; 0 before the first event. */
  rev: number;
  /** Quota that is reserved for the batch. */
  used: Amount;
  /**
   * The part of `used` that counts for one day: the day since 1970 (UTC), files and bytes. Absent if all
   * of it counts for the day of the batch's creation.
   */
  counted?: readonly [day: number, files: number, bytes: number];
  /** The parts of `used` that the batch has not confirmed, by the name of the declaring call. */
  pending?: PendingReservations;
  /** True until the batch has confirmed that it exists. */
  isUnconfirmed?: true;
  /**
   * Set while a completed batch is about to become active again, which it has not confirmed: what that
   * counts for the day, and the rev that the batch has before.
   */
  reopening?: Reservation & { rev: number };
}

/** All open batches of one owner, the latest ended ones, and the quota used today. */
export interface Account {
  /** Latest first. */
  batches: readonly OwnedBatch[];
  /** The day of `used`, in days since 1970 (UTC). */
  day: number;
  used: Amount;
  /** Time at which the token of an anonymous owner expires, in ms since 1970. */
  endsAt?: number;
}

export function newAccount(): Account {
  return { batches: [], day: 0, used: NOTHING };
}

export function findBatch({ batches }: Account, id: string): OwnedBatch | undefined {
  return batches.find((batch) => batch.id === id);
}

/** Returns a page of the batches, latest first. @param after the last batch of the previous page */
export function batchesAfter(
  { batches }: Account,
  after: BatchPosition | null,
  limit: number,
): OwnedBatch[] {
  const rest = after ? batches.filter((batch) => compareBatches(after, batch) < 0) : batches;
  return rest.slice(0, limit);
}

export function openBatches({ batches }: Account): OwnedBatch[] {
  return batches.filter(isOpen);
}

export function isOpen({ state }: Pick<BatchEvent, "state">): boolean {
  return state !== "removed" && !isBatchOver(state);
}

/** Returns the daily quota that does not allow this amount; null if all do. */
export function exceededQuota(
  { used }: Account,
  { files, bytes }: Amount,
  { filesPerDay, bytesPerDay }: Quota,
): QuotaName | null {
  // A batch without files, or a form without sizes, needs quota for what follows.
  if (exceeds(used.files + Math.max(files, 1), filesPerDay)) return "files";
  return exceeds(used.bytes + Math.max(bytes, 1), bytesPerDay) ? "bytes" : null;
}

/** True if the account can have no further open batch. */
export function hasTooManyOpen(account: Account, { openBatches: limit }: Quota): boolean {
  return openBatches(account).length >= Math.min(limit ?? Infinity, MAX_OPEN_BATCHES);
}

/** @param limit null for no limit */
function exceeds(amount: number, limit: number | null): boolean {
  return limit !== null && amount > limit;
}

/** Adds a batch, or replaces the one with its id. */
export function put(account: Account, batch: OwnedBatch): Account {
  const others = account.batches.filter(({ id }) => id !== batch.id);
  return { ...account, batches: trim([...others, batch].toSorted(compareBatches)) };
}

export function without(account: Account, id: string): Account {
  return { ...account, batches: account.batches.filter((batch) => batch.id !== id) };
}

/** True if an ended batch is so old that the account does not list it any more. */
export function isTrimmed({ batches }: Account, ended: BatchPosition): boolean {
  const later = batches.filter((batch) => !isOpen(batch) && compareBatches(batch, ended) < 0);
  return later.length >= LISTED_ENDED_BATCHES;
}

/** Returns every open batch, which has to be counted, and the latest ended ones. */
function trim(batches: readonly OwnedBatch[]): OwnedBatch[] {
  let ended = 0;
  return batches.filter((batch) => isOpen(batch) || ++ended <= LISTED_ENDED_BATCHES);
}

/** Sorts the latest first. Batches of the same time are in a fixed order, as pages of a list need one. */
function compareBatches(a: BatchPosition, b: BatchPosition): number {
  return b.createdAt - a.createdAt || (a.id < b.id ? -1 : Number(a.id > b.id));
}
