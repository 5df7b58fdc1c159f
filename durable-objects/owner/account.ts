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

/**
 * Open batches that an account can hold, even without a quota. It is stored as one value, which may
 * have 2 MB; a batch takes up to 300 bytes.
 */
const MAX_OPEN_BATCHES = 5000;

const NOTHING: Amount = { files: 0, bytes: 0 };

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
  /** Quota used by the batch, on the day of its creation. */
  used: Amount;
  /** The last call that added files; null if there was none. */
  lastCall: string | null;
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

/** Returns the account on the day of `now`: on a new day, no quota is used. */
export function accountOn(account: Account, now: number): Account {
  const day = dayOf(now);
  return account.day === day ? account : { ...account, day, used: NOTHING };
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
  const added = { id, createdAt, state: "active", files, rev: 0, used, lastCall: null } as const;
  return { ...put(account, added), used: sum(account.used, used) };
}

/** Adds files to a batch, which use quota. */
export function withFiles(account: Account, { batch: id, call, ...added }: AddedFiles): Account {
  const batch = findBatch(account, id);
  const used = sum(account.used, added);
  if (!batch) return { ...account, used };
  const files = batch.files + added.files;
  const changed = { ...batch, files, lastCall: call, used: sum(batch.used, added) };
  return { ...put(account, changed), used };
}

/** Applies an event of a batch, unless it is older than the last one. */
export function withBatchEvent(account: Account, event: BatchEvent): Account {
  const known = findBatch(account, event.id);
  if (known && known.rev > event.rev) return account;
  const refunded = refund(account, known, event);
  if (event.state === "removed") return without(refunded.account, event.id);
  const { id, createdAt, state, files, rev } = event;
  const { used } = refunded;
  const changed = { lastCall: null, ...known, id, createdAt, state, files, rev, used };
  return put(refunded.account, changed);
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
  const isOfToday = dayOf(createdAt) === account.day;
  if (!known || isOpen({ state }) || !isOfToday) return { account, used };
  const others = sum(account.used, { files: -used.files, bytes: -used.bytes });
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

function sum(a: Amount, b: Amount): Amount {
  return { files: a.files + b.files, bytes: a.bytes + b.bytes };
}

/** Returns days since 1970 (UTC). */
function dayOf(ms: number): number {
  return Math.floor(ms / DAY_MS);
}
