import {
  type BatchState,
  fileWeight,
  isSettled,
  MINUTE_MS,
  percentOf,
  PROGRESS,
  type Row,
  ZERO_TOTALS,
  type Totals,
} from "../../protocol/index.ts";
import type { Settings } from "../settings.ts";
import { transition } from "./transitions.ts";
import { type FileRecord, type FileEvent, fileRow } from "./file.ts";

/** What a batch is beside its files. Times are ms since 1970. */
export interface BatchRecord {
  rev: number;
  sealed: boolean;
  paused: boolean;
  cancelled: boolean;
  /** Was it cancelled because nobody finished it in time? */
  expired: boolean;
  /** What is being removed of it, once it is gone for everyone who asks. */
  removal: "records" | "everything" | null;
  createdAt: number;
  updatedAt: number;
  completedAt: number | null;
  expiresAt: number;
}

export function newBatchRecord(now: number): BatchRecord {
  const flags = { sealed: false, paused: false, cancelled: false, expired: false, removal: null };
  return { rev: 0, ...flags, createdAt: now, updatedAt: now, completedAt: null, expiresAt: now };
}

/** How long the operator stores a batch after its last change. */
export type Lifetimes = Pick<Settings, "batchLifetimeMs" | "recordLifetimeMs">;

/**
 * How long a removed batch is remembered. Requests that were in flight may still store objects in
 * that time; the cleanup at its end deletes them.
 */
const REMOVED_LIFETIME_MS = 10 * MINUTE_MS;

/** What one call changed: to be stored, then told. */
export interface ChangeSet {
  /** Every change of state or stage of every file, in order. */
  rows: Row[];
  /** The files that changed, by id. */
  files: ReadonlySet<number>;
  /** Did the batch itself change, beside its files' progress? */
  batch: boolean;
  /** Is the batch complete as of this change? */
  completed: boolean;
}

/**
 * The tally of one batch: every file's record, and the totals drawn from them. It only computes;
 * whoever calls it takes the changes with `commit()`, stores them, and then tells the watchers.
 *
 * Totals are kept, never counted, so that a change costs the same in a batch of 10,000 files.
 * `rev` rises by one with every commit that changed something, and each changed file carries it.
 */
export class Tally {
  readonly batch: BatchRecord;
  readonly files: FileRecord[];
  readonly totals: Totals = { ...ZERO_TOTALS };
  /** Bytes of the completed files. */
  completedBytes = 0;
  #weight = 0;
  #weightDone = 0;
  #rows: Row[] = [];
  #changed = new Set<number>();
  #batchChanged = false;

  constructor(batch: BatchRecord, files: FileRecord[]) {
    this.batch = batch;
    this.files = files;
    for (const file of files) this.#count(file, 1);
  }

  get state(): BatchState {
    if (this.batch.cancelled) return "cancelled";
    if (this.#isComplete()) return "completed";
    return this.batch.paused ? "paused" : "active";
  }

  /** 0 to 100, two decimals; failed and cancelled files count as settled. */
  get percentComplete(): number {
    return this.#isComplete() ? 100 : percentOf(this.#weightDone, this.#weight * 100);
  }

  /** Adds files at the end; returns the id of the first. */
  declare(files: readonly FileRecord[]): number {
    const firstFile = this.files.length;
    for (const [index, file] of files.entries()) {
      const declared = { ...file, rev: this.#nextRev };
      this.files.push(declared);
      this.#count(declared, 1);
      this.#changed.add(firstFile + index);
      if (declared.state !== "queued") this.#rows.push(fileRow(firstFile + index, declared));
    }
    this.#batchChanged = true;
    return firstFile;
  }

  /** Applies reports in order; those of unknown files and those that are too late do nothing. */
  apply(reports: readonly FileEvent[], now: number): void {
    for (const report of reports) {
      const before = this.files[report.file];
      // A request that was on its way when the batch was called off takes nothing up again.
      if (before === undefined || (this.batch.cancelled && report.event === "retried")) continue;
      const after = transition(before, report, now);
      if (after !== before) this.#replace(report.file, before, after);
    }
  }

  seal(): void {
    this.#set("sealed", true);
  }

  setPaused(paused: boolean): void {
    this.#set("paused", paused);
  }

  /** Calls off the batch, and every file in it that is not settled. */
  cancel(now: number): void {
    this.#set("cancelled", true);
    this.apply(
      this.files.map((_, file) => ({ event: "cancelled", file })),
      now,
    );
  }

  /** Calls off the batch because its time has run out. */
  expire(now: number): void {
    this.#set("expired", true);
    this.cancel(now);
  }

  /** Removes the records of a batch that is over, or a batch with all its files. */
  remove(what: "records" | "everything", now: number): void {
    if (this.state !== "completed") this.cancel(now);
    this.batch.removal = what;
    this.#batchChanged = true;
  }

  /** Puts failed files back in the queue: the named ones, or all that are worth another try. */
  retry(files: readonly number[] | null, now: number): void {
    const ids = files ?? this.files.keys();
    this.apply(
      Array.from(ids, (file) => ({ event: "retried", file })),
      now,
    );
  }

  /**
   * Returns what changed since the last commit, and raises `rev`; null if nothing changed. A change
   * extends the batch's life.
   */
  commit(now: number, lifetimes: Lifetimes): ChangeSet | null {
    if (this.#changed.size === 0 && !this.#batchChanged) return null;
    const wasComplete = this.batch.completedAt !== null;
    const isComplete = this.#isComplete();
    this.batch.rev = this.#nextRev;
    this.batch.updatedAt = now;
    if (isComplete !== wasComplete) this.batch.completedAt = isComplete ? now : null;
    this.batch.expiresAt = now + this.#lifetime(lifetimes);
    return this.#take(isComplete && !wasComplete);
  }

  #lifetime({ batchLifetimeMs, recordLifetimeMs }: Lifetimes): number {
    if (this.batch.removal) return REMOVED_LIFETIME_MS;
    return this.batch.cancelled || this.#isComplete() ? recordLifetimeMs : batchLifetimeMs;
  }

  #set(flag: "sealed" | "paused" | "cancelled" | "expired", value: boolean): void {
    if (this.batch[flag] === value) return;
    this.batch[flag] = value;
    this.#batchChanged = true;
  }

  get #nextRev(): number {
    return this.batch.rev + 1;
  }

  #isComplete(): boolean {
    const { files, completed, failed, cancelled } = this.totals;
    return this.batch.sealed && !this.batch.cancelled && completed + failed + cancelled === files;
  }

  #replace(id: number, before: FileRecord, after: FileRecord): void {
    const changed = { ...after, rev: this.#nextRev };
    this.#count(before, -1);
    this.#count(changed, 1);
    this.files[id] = changed;
    this.#changed.add(id);
    if (!isSettled(changed.state)) this.#reopen();
    // Not all that is stored of a file is shown of it.
    if (isShown(before, changed)) this.#rows.push(fileRow(id, changed));
  }

  /** Whoever took the batch for complete is to hear that it is not, and when it is once more. */
  #reopen(): void {
    if (this.batch.completedAt === null) return;
    this.batch.completedAt = null;
    this.#batchChanged = true;
  }

  #count(file: FileRecord, sign: 1 | -1): void {
    const weight = fileWeight(file.size) * sign;
    this.totals.files += sign;
    this.totals[file.state] += sign;
    this.totals.bytes += file.size * sign;
    this.totals.receivedBytes += file.receivedBytes * sign;
    if (file.state === "completed") this.completedBytes += file.size * sign;
    this.#weight += weight;
    this.#weightDone += weight * (isSettled(file.state) ? PROGRESS.completed : file.progress);
  }

  #take(completed: boolean): ChangeSet {
    const changes = {
      rows: this.#rows,
      files: this.#changed,
      batch: this.#batchChanged,
      completed,
    };
    this.#rows = [];
    this.#changed = new Set();
    this.#batchChanged = false;
    return changes;
  }
}

function isShown(before: FileRecord, after: FileRecord): boolean {
  const row = fileRow(0, before);
  return fileRow(0, after).some((value, index) => value !== row[index]);
}
