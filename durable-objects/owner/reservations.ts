import { MINUTE_MS } from "../../protocol/index.ts";
import { type Account, findBatch, type OwnedBatch, type Reservation, without } from "./account.ts";
import { atMost, difference, excess, isNothing, NOTHING, sum, total } from "./amount.ts";
import { countedOn, dayOf, putCounted } from "./day-count.ts";
import type {
  AddedFiles,
  Amount,
  BatchPosition,
  NewOwnedBatch,
  ReopenedBatch,
} from "./messages.ts";

/** Time after which a reservation is released that the batch has not confirmed. */
const RESERVATION_MS = 10 * MINUTE_MS;

/**
 * Reservations of one owner that are kept by name, as the account is one value. Another one stays until
 * the batch ends, and its call, if repeated, is counted again.
 */
const MAX_PENDING = 1000;

/**
 * Returns the account at the time `now`: on a new day, no quota is used, and reservations that no batch
 * has confirmed in time are released.
 */
export function accountOn(account: Account, now: number): Account {
  const day = dayOf(now);
  const today = account.day === day ? account : { ...account, day, used: NOTHING };
  return today.batches.reduce((released, batch) => releaseExpired(released, batch, now), today);
}

/** Returns the time at which the first reservation is released; Infinity if all are confirmed. */
export function firstExpiry({ batches }: Account): number {
  return Math.min(...batches.flatMap(expiries)) + RESERVATION_MS;
}

/** Returns the times from which the unconfirmed reservations of a batch count. */
function expiries(batch: OwnedBatch): number[] {
  const reservations = [...pendingOf(batch), ...(batch.reopening ? [batch.reopening] : [])];
  const times = reservations.map(({ at }) => at);
  return batch.isUnconfirmed && times.length === 0 ? [batch.createdAt] : times;
}

function isExpired(at: number, now: number): boolean {
  return at + RESERVATION_MS <= now;
}

function pendingOf({ pending = {} }: OwnedBatch): Reservation[] {
  return Object.values(pending);
}

function releaseExpired(account: Account, batch: OwnedBatch, now: number): Account {
  if (!expiries(batch).some((at) => isExpired(at, now))) return account;
  const { reopening } = batch;
  const calls = Object.entries(batch.pending ?? {}).filter(([, { at }]) => isExpired(at, now));
  const reserved = total(calls.map(([, reservation]) => reservation));
  const isReopened = !reopening || !isExpired(reopening.at, now);
  const ended = isReopened ? batch : withoutReopening(batch);
  const expired = [...calls.map(([, made]) => made), ...(isReopened ? [] : [reopening])];
  const released: OwnedBatch = {
    ...ended,
    used: difference(batch.used, reserved),
    pending: withoutCalls(batch, new Set(calls.map(([call]) => call))),
  };
  const ofToday = total(expired.filter(({ at }) => dayOf(at) === account.day));
  const today = atMost(excess(countedOn(batch, account.day), ofToday), released.used);
  if (!isUncreated(released, now)) return putCounted(account, released, today);
  return without(putCounted(account, released, NOTHING), batch.id);
}

/** True if the Worker ended between the reservation and the creation of the batch. */
function isUncreated(batch: OwnedBatch, now: number): boolean {
  const { isUnconfirmed, createdAt } = batch;
  return isUnconfirmed === true && pendingOf(batch).length === 0 && isExpired(createdAt, now);
}

/** The batch has not become active again. Only a completed batch can. */
function withoutReopening(batch: OwnedBatch): OwnedBatch {
  const { reopening: _, ...rest } = batch;
  return { ...rest, state: "completed" };
}

export function withoutCalls(
  { pending = {} }: Pick<OwnedBatch, "pending">,
  calls: ReadonlySet<string>,
): NonNullable<OwnedBatch["pending"]> {
  return Object.fromEntries(Object.entries(pending).filter(([call]) => !calls.has(call)));
}

/**
 * Returns the amount that is missing for a batch that is about to be created. Calls with the same key
 * reserve for the same batch, and any of them may be the one that creates it, so the largest counts.
 */
export function missingForBatch(account: Account, { id, ...wanted }: NewOwnedBatch): Amount {
  const known = findBatch(account, id);
  if (!known) return excess(wanted, NOTHING);
  // A batch that exists is not created again.
  if (!known.isUnconfirmed) return NOTHING;
  return excess(wanted, excess(known.used, total(pendingOf(known))));
}

/** Reserves quota for a batch that is about to be created. A repeated call renews the reservation. */
export function withBatch(account: Account, batch: NewOwnedBatch): Account {
  const known = findBatch(account, batch.id);
  if (known && !known.isUnconfirmed) return account;
  const { createdAt } = batch;
  const missing = missingForBatch(account, batch);
  const before = known ?? newBatch(batch);
  const used = sum(before.used, missing);
  const added = { ...before, createdAt, used, files: before.files + missing.files };
  return putCounted(account, added, sum(countedOn(known, account.day), missing));
}

/** Returns the amount that a call has yet to reserve. A repeated call may declare more than before. */
export function missingAmount(account: Account, { batch, call, ...wanted }: AddedFiles): Amount {
  return excess(wanted, findBatch(account, batch)?.pending?.[call] ?? NOTHING);
}

/** True if a call has reserved all that it needs. */
export function isReserved(account: Account, { batch, call, ...wanted }: AddedFiles): boolean {
  const reserved = findBatch(account, batch)?.pending?.[call];
  return reserved !== undefined && isNothing(excess(wanted, reserved));
}

/** Reserves quota for files that a call is about to declare. The batch has to confirm them. */
export function withFiles(account: Account, added: AddedFiles, now: number): Account {
  const { batch: id, createdAt, call, files, bytes } = added;
  const batch =
    findBatch(account, id) ?? (createdAt === undefined ? null : newBatch({ id, createdAt }));
  // An earlier version of the Worker does not say when a batch was created that is not listed.
  if (!batch) return { ...account, used: sum(account.used, added) };
  const { pending = {} } = batch;
  const isFull = account.batches.flatMap(pendingOf).length >= MAX_PENDING;
  const changed = { ...batch, files: batch.files + files, used: sum(batch.used, added) };
  const named = { ...pending, [call]: extended(pending[call], { files, bytes, at: now }) };
  const today = sum(countedOn(batch, account.day), added);
  return putCounted(account, isFull ? confirmed(changed) : { ...changed, pending: named }, today);
}

/** Only what was reserved on the same day can be released together. The rest stays reserved. */
function extended(earlier: Reservation | undefined, added: Reservation): Reservation {
  const isOfOtherDay = earlier && dayOf(earlier.at) !== dayOf(added.at);
  return { ...added, ...sum(isOfOtherDay ? NOTHING : (earlier ?? NOTHING), added) };
}

/** Returns a batch that has reserved nothing yet. */
function newBatch({ id, createdAt }: BatchPosition): OwnedBatch {
  const state = "active" as const;
  return { id, createdAt, state, files: 0, rev: 0, used: NOTHING, isUnconfirmed: true };
}

/** A batch whose reservation has no name stays until its own events end it. */
function confirmed(batch: OwnedBatch): OwnedBatch {
  const { isUnconfirmed: _, ...rest } = batch;
  return rest;
}

/** Returns what a completed batch counts for today when it becomes active again. */
export function reopenedAmount(account: Account, { id, failed, counted }: ReopenedBatch): Amount {
  const batch = findBatch(account, id);
  const used = batch?.used ?? counted;
  return atMost(failed, excess(used, countedOn(batch, account.day)));
}

/** Counts a completed batch as open. The batch has to confirm that it has become active again. */
export function withReopened(
  account: Account,
  { id, createdAt, rev, files, counted, failed }: ReopenedBatch,
  now: number,
): Account {
  const amount = reopenedAmount(account, { id, createdAt, rev, files, counted, failed });
  const known = findBatch(account, id) ?? { id, createdAt, files, rev, used: counted };
  const batch = { ...known, state: "active", reopening: { ...amount, at: now, rev } } as const;
  return putCounted(account, batch, sum(countedOn(findBatch(account, id), account.day), amount));
}
