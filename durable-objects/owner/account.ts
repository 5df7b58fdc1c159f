import { type BatchState, DAY_MS, RECENT_BATCHES } from "../../protocol/index.ts";
import type {
  AddedFiles,
  Amount,
  BatchEvent,
  QuotaName,
  NewOwnedBatch,
  Quota,
} from "./messages.ts";

/** Batches that are remembered in all, so that the account stays one small value. */
const MAX_BATCHES = 1000;

/** A batch as its owner's account has it. */
export interface OwnedBatch {
  id: string;
  createdAt: number;
  state: BatchState;
  files: number;
  /** As of which rev of the batch; 0 before it has told anything itself. */
  rev: number;
  /** What of its day's quota it has taken. */
  used: Amount;
  /** The last call that added files. */
  lastCall: string | null;
}

/** What is known of one owner. */
export interface Account {
  /** The most recent first. */
  batches: readonly OwnedBatch[];
  /** Days since 1970, in UTC, and what was taken of that day's quota. */
  day: number;
  used: Amount;
}

export function newAccount(): Account {
  return { batches: [], day: 0, used: { files: 0, bytes: 0 } };
}

/** The account as of today, when nothing was taken yet unless it was taken today. */
export function accountOn(account: Account, now: number): Account {
  const day = dayOf(now);
  return account.day === day ? account : { ...account, day, used: { files: 0, bytes: 0 } };
}

export function findBatch({ batches }: Account, id: string): OwnedBatch | undefined {
  return batches.find((batch) => batch.id === id);
}

/** Which quota does not allow so much more; null where all do. */
export function exceededQuota(
  { used: taken }: Account,
  { files, bytes }: Amount,
  { filesPerDay, bytesPerDay }: Quota,
): QuotaName | null {
  // What is declared later, or never, as in a plain form, needs some room as well.
  if (exceeds(taken.files + Math.max(files, 1), filesPerDay)) return "files";
  return exceeds(taken.bytes + Math.max(bytes, 1), bytesPerDay) ? "bytes" : null;
}

export function exceeds(amount: number, most: number | null): boolean {
  return most !== null && amount > most;
}

export function openBatches({ batches }: Account): OwnedBatch[] {
  return batches.filter(isOpen);
}

export function withBatch(account: Account, { id, createdAt, ...taken }: NewOwnedBatch): Account {
  const { files } = taken;
  const batch: OwnedBatch = {
    id,
    createdAt,
    state: "active",
    files,
    rev: 0,
    used: taken,
    lastCall: null,
  };
  return { ...put(account, batch), used: sum(account.used, taken) };
}

export function withFiles(account: Account, { batch: id, call, ...added }: AddedFiles): Account {
  const batch = findBatch(account, id);
  const taken = sum(account.used, added);
  if (!batch) return { ...account, used: taken };
  const files = batch.files + added.files;
  return {
    ...put(account, { ...batch, files, lastCall: call, used: sum(batch.used, added) }),
    used: taken,
  };
}

/**
 * What a batch tells is the truth. Once it has ended, what it had taken of today's quota for files
 * that never came is given back.
 */
export function withBatchEvent(account: Account, event: BatchEvent): Account {
  const known = findBatch(account, event.id);
  if (known && known.rev > event.rev) return account;
  const settled = settle(account, known, event);
  if (event.state === "removed") return without(settled.account, event.id);
  const { id, createdAt, state, files, rev } = event;
  const call = known?.lastCall ?? null;
  return put(settled.account, {
    id,
    createdAt,
    state,
    files,
    rev,
    used: settled.taken,
    lastCall: call,
  });
}

function settle(
  account: Account,
  known: OwnedBatch | undefined,
  { state, createdAt, completed }: BatchEvent,
): { account: Account; taken: Amount } {
  const taken = known?.used ?? { files: 0, bytes: 0 };
  const isOfToday = dayOf(createdAt) === account.day;
  if (!known || isOpen({ state }) || !isOfToday) return { account, taken };
  const rest = sum(account.used, { files: -taken.files, bytes: -taken.bytes });
  return { account: { ...account, used: sum(rest, completed) }, taken: completed };
}

function put(account: Account, batch: OwnedBatch): Account {
  const others = account.batches.filter(({ id }) => id !== batch.id);
  const batches = [...others, batch].toSorted((one, other) => other.createdAt - one.createdAt);
  return { ...account, batches: trim(batches) };
}

function without(account: Account, id: string): Account {
  return { ...account, batches: account.batches.filter((batch) => batch.id !== id) };
}

/** The recent ones, and those that are open however old they are. */
function trim(batches: readonly OwnedBatch[]): OwnedBatch[] {
  const kept = batches.filter((batch, index) => index < RECENT_BATCHES || isOpen(batch));
  return kept.slice(0, MAX_BATCHES);
}

function isOpen({ state }: Pick<BatchEvent, "state">): boolean {
  return state === "active" || state === "paused";
}

function sum(one: Amount, other: Amount): Amount {
  return { files: one.files + other.files, bytes: one.bytes + other.bytes };
}

/** Days since 1970 in UTC. */
function dayOf(ms: number): number {
  return Math.floor(ms / DAY_MS);
}
