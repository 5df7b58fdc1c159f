import {
  type BatchState,
  DAY_MS,
  isBatchOver,
  LISTED_ENDED_BATCHES,
} from "../../protocol/index.ts";
import type {
  AddedFiles,
  Amount,
  BatchEvent,
  BatchPosition,
  NewOwnedBatch,
  Quota,
  QuotaName,
} from "./messages.ts";
import { isExpired, isFull, type PendingReservations, withoutCalls } from "./reservations.ts";
import { atLeast, difference, NOTHING, sum, total } from "./amount.ts";

/**
 * Open batches that an account can hold, even without a quota. It is stored as one value, which may
 * have 2 MB; a batch takes up to 300 bytes.
 */
const MAX_OPEN_BATCHES = 5000;

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
  /** The parts of `used` that the batch has not confirmed, by the name of the declaring call. */
  pending?: PendingReservations;
}

/** All open batches of one owner, the latest ended ones, and the quota used today. */
export interface Account {
  /** Latest first. */
  batches: readonly OwnedBatch[];
  /** The day of `used`, in days since 1970 (UTC). */
  day: number;
  used: Amount;
}

export function newAccount(): Account {
  return { batches: [], day: 0, used: NOTHING };
}

/**
 * Returns the account at the time `now`: on a new day, no quota is used, and reservations that no batch
 * has confirmed in time are released.
 */
export function accountOn(account: Account, now: number): Account {
  const day = dayOf(now);
  const today = account.day === day ? account : { ...account, day, used: NOTHING };
  return today.batches.reduce((released, batch) => releaseExpired(released, batch, now), today);
}

function releaseExpired(account: Account, batch: OwnedBatch, now: number): Account {
  const expired = Object.entries(batch.pending ?? {}).filter(([, { at }]) => isExpired(at, now));
  if (expired.length === 0) return account;
  return release(account, batch, new Set(expired.map(([call]) => call)));
}

/** Releases what was reserved for these calls, which the batch has not stored. */
function release(account: Account, batch: OwnedBatch, calls: ReadonlySet<string>): Account {
  const pending = batch.pending ?? {};
  const released = Object.entries(pending).flatMap(([call, made]) =>
    calls.has(call) ? [made] : [],
  );
  const ofToday = released.filter(({ at }) => dayOf(at) === account.day);
  const changed = {
    ...batch,
    used: difference(batch.used, total(released)),
    pending: withoutCalls(pending, calls),
  };
  return { ...put(account, changed), used: difference(account.used, total(ofToday)) };
}

export function findBatch({ batches }: Account, id: string): OwnedBatch | undefined {
  return batches.find((batch) => batch.id === id);
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

/** Adds a batch, which uses quota. */
export function withBatch(account: Account, batch: NewOwnedBatch): Account {
  const { id, createdAt, files, bytes } = batch;
  const used = { files, bytes };
  const added = { id, createdAt, state: "active", files, rev: 0, used } as const;
  return { ...put(account, added), used: sum(account.used, used) };
}

/** Returns the amount that a call has yet to reserve. A repeated call may declare more than before. */
export function missingAmount(account: Account, { batch, call, ...wanted }: AddedFiles): Amount {
  const reserved = findBatch(account, batch)?.pending?.[call] ?? NOTHING;
  return {
    files: Math.max(0, wanted.files - reserved.files),
    bytes: Math.max(0, wanted.bytes - reserved.bytes),
  };
}

/** Adds files to a batch, which use quota. The batch has to confirm them. */
export function withFiles(
  account: Account,
  { batch: id, call, ...added }: AddedFiles,
  now: number,
): Account {
  const batch = findBatch(account, id);
  const used = sum(account.used, added);
  if (!batch) return { ...account, used };
  const files = batch.files + added.files;
  const changed = { ...batch, files, used: sum(batch.used, added) };
  const { pending = {} } = batch;
  const reserved = { ...sum(pending[call] ?? NOTHING, added), at: now };
  const isNameless = isFull(account.batches.map((other) => other.pending));
  const named = isNameless ? changed : { ...changed, pending: { ...pending, [call]: reserved } };
  return { ...put(account, named), used };
}

/** Applies an event of a batch, unless it is older than the last one. */
export function withBatchEvent(account: Account, event: BatchEvent): Account {
  const known = findBatch(account, event.id);
  if (known && known.rev > event.rev) return account;
  const confirmed = known ? confirm(account, known, event) : account;
  const settled = settle(confirmed, findBatch(confirmed, event.id), event);
  if (event.state === "removed") return without(settled.account, event.id);
  const { id, createdAt, state, files, rev } = event;
  const { used } = settled;
  const changed = { ...findBatch(confirmed, id), id, createdAt, state, files, rev, used };
  return put(settled.account, changed);
}

/** Keeps the reservations that the event confirms. If the batch has ended, releases the others. */
function confirm(account: Account, known: OwnedBatch, { calls = [], state }: BatchEvent): Account {
  const batch = { ...known, pending: withoutCalls(known.pending ?? {}, new Set(calls)) };
  if (isOpen({ state })) return put(account, batch);
  return release(account, batch, new Set(Object.keys(batch.pending)));
}

/** Returns the quota that the batch uses after the event, and the account with it. */
function settle(
  account: Account,
  known: OwnedBatch | undefined,
  event: BatchEvent,
): { account: Account; used: Amount } {
  if (!isOpen(event)) return refund(account, known, event);
  const { createdAt, counted = NOTHING } = event;
  const before = known?.used ?? NOTHING;
  // The Batch may have stored more than was reserved, if this object was unreachable then.
  const stored = sum(counted, total(Object.values(known?.pending ?? {})));
  if (!known && dayOf(createdAt) !== account.day) return { account, used: counted };
  const used = atLeast(before, stored);
  return { account: { ...account, used: sum(account.used, difference(used, before)) }, used };
}

/**
 * Returns the quota of files that can't be sent any more, if the batch was created today and has ended.
 * A failed file that may be retried keeps its quota: it needs no other to be stored later. `used` in
 * the result is what the batch uses then.
 */
function refund(
  account: Account,
  known: OwnedBatch | undefined,
  { state, createdAt, completed, counted = completed }: BatchEvent,
): { account: Account; used: Amount } {
  const used = known?.used ?? NOTHING;
  if (!known || isOpen({ state })) return { account, used };
  const isOfToday = dayOf(createdAt) === account.day;
  const others = difference(account.used, used);
  if (!isOfToday) {
    const kept = atLeast(used, counted);
    return { account: { ...account, used: sum(others, kept) }, used: kept };
  }
  return { account: { ...account, used: sum(others, counted) }, used: counted };
}

function put(account: Account, batch: OwnedBatch): Account {
  const others = account.batches.filter(({ id }) => id !== batch.id);
  return { ...account, batches: trim([...others, batch].toSorted(compareBatches)) };
}

function without(account: Account, id: string): Account {
  return { ...account, batches: account.batches.filter((batch) => batch.id !== id) };
}

/** Sorts the latest first. Batches of the same time are in a fixed order, as pages of a list need one. */
function compareBatches(a: BatchPosition, b: BatchPosition): number {
  return b.createdAt - a.createdAt || (a.id < b.id ? -1 : Number(a.id > b.id));
}

/** Returns every open batch, which has to be counted, and the latest ended ones. */
function trim(batches: readonly OwnedBatch[]): OwnedBatch[] {
  let ended = 0;
  return batches.filter((batch) => isOpen(batch) || ++ended <= LISTED_ENDED_BATCHES);
}

function isOpen({ state }: Pick<BatchEvent, "state">): boolean {
  return state !== "removed" && !isBatchOver(state);
}

/** Returns days since 1970 (UTC). */
function dayOf(ms: number): number {
  return Math.floor(ms / DAY_MS);
}
