import {
  type BatchState,
  fileWeight,
  isBatchOver,
  isSettled,
  percentOf,
  PROGRESS,
  type Row,
  type Totals,
  ZERO_TOTALS,
} from "../../protocol/index.ts";
import type { OperatorBlock } from "../owner/messages.ts";
import type { Settings } from "../settings.ts";
import { type Generations, type RevocableScope, revoked } from "./access.ts";
import {
  type FileEvent,
  type FileRecord,
  fileRow,
  isAsDeclared,
  isUnfinished,
  isUploading,
  needsBytes,
} from "./file.ts";
import { isDurableChange, restarted } from "./restart.ts";
import { StoredShare } from "./stored-share.ts";
import { isLateSuccess, transition } from "./transitions.ts";
import type { WebhookRecord } from "./webhook.ts";

/** The state of a batch, without its files. Times are in ms since 1970. */
export interface BatchRecord {
  rev: number;
  sealed: boolean;
  paused: boolean;
  cancelled: boolean;
  /** Time of its cancellation. */
  cancelledAt?: number;
  /** True if it was cancelled because it was not finished in time. */
  expired: boolean;
  /** Set once the batch is deleted. It is unknown to every caller from then on. */
  deletedAt?: number;
  createdAt: number;
  updatedAt: number;
  completedAt: number | null;
  /** The rev that announced the last end; absent if there was none, or an earlier version stored it. */
  completedRev?: number;
  /** Time at which the batch is cancelled unless it changes before; null once it is over. */
  expiresAt: number | null;
  /** A file that needs bytes has changed at this rev or later, as far as a restarted object knows. */
  requeuedRev: number;
  /** Revocations of tokens; absent if there was none. */
  generations?: Generations;
  /** The operator's decision about its owner; absent if there was none. */
  block?: OperatorBlock;
  /** The announcement of its last end; absent if there was none. */
  webhook?: WebhookRecord;
  /** Time since which no uploader has been connected; absent while one is, and once the batch is over. */
  uploaderGone?: number;
}

/** The batch's own row. */
export interface StoredBatch extends BatchRecord {
  /**
   * True if `rev` is ahead of the rev in memory. Changes that are not stored may then have reached
   * watchers: after a restart, rev continues from the stored one and uploads have been interrupted.
   */
  isAhead: boolean;
}

export function newBatchRecord(now: number): BatchRecord {
  const flags = { sealed: false, paused: false, cancelled: false, expired: false };
  const times = { createdAt: now, updatedAt: now, completedAt: null, expiresAt: now };
  return { rev: 0, ...flags, ...times, requeuedRev: 0 };
}

/** Events that a request of an uploader causes while it sends a file. */
const OF_UPLOADER: ReadonlySet<FileEvent["event"]> = new Set([
  "started",
  "partStarted",
  "receiving",
]);

/** Time after the last change of an unfinished batch at which it expires. */
type BatchLifetime = Pick<Settings, "batchLifetimeMs">;

/** The changes of one transaction, to be written and then broadcast. */
export interface ChangeSet {
  /** Rows of the files, one for every change that a watcher sees, in order. */
  rows: Row[];
  /** Ids of the files whose records changed. */
  files: ReadonlySet<number>;
  /** Ids of those that changed in a way that must survive a restart. */
  durable: ReadonlySet<number>;
  /** True if the batch itself changed, and not only its files' progress. */
  batch: boolean;
  /** True if this change completed the batch. */
  completed: boolean;
  /** True if the batch is deleted. */
  deleted: boolean;
}

/**
 * The tally of one batch: the record of every file, and the totals derived from them. It is pure
 * computation in memory. The caller takes the changes with `commit()`, writes them and broadcasts them.
 *
 * Totals are updated with each change and never counted, so a change costs the same in a batch of
 * 10,000 files. `rev` rises with each commit that has changes, and every changed file has the new rev. A restart loses the changes that are not durable, such as the requests that send a file.
 */
export class Tally {
  readonly batch: BatchRecord;
  readonly files: FileRecord[];
  readonly totals: Totals = { ...ZERO_TOTALS };
  /** Bytes of the completed files. */
  completedBytes = 0;
  #unsettled = 0;
  #uploading = 0;
  #unfinished = 0;
  #weight = 0;
  #weightDone = 0;
  readonly #storedShare = new StoredShare();
  #rows: Row[] = [];
  #changed = new Set<number>();
  #durable = new Set<number>();
  #batchChanged = false;

  /** @param files records as they were stored; no request is sending any of them */
  constructor(batch: BatchRecord, files: readonly FileRecord[]) {
    this.batch = batch;
    this.files = files.map((file) => restarted(file, batch.requeuedRev));
    for (const file of this.files) this.#count(file, 1);
  }

  get state(): BatchState {
    if (this.batch.cancelled) return "cancelled";
    if (this.#isComplete()) return "completed";
    return this.batch.paused ? "paused" : "active";
  }

  /** True if requests are sending files, as far as is known. */
  get isUploading(): boolean {
    return this.#uploading > 0;
  }

  /** True if R2 holds all bytes of a file that is not settled. */
  get hasUnfinished(): boolean {
    return this.#unfinished > 0;
  }

  /** 0 to 100, two decimals. Failed and cancelled files count as 100. */
  get percentComplete(): number {
    return this.#isComplete() ? 100 : percentOf(this.#weightDone, this.#weight * 100);
  }

  /** 0 to 100, two decimals: the share of the bytes that is stored. */
  get percentStored(): number {
    return this.#storedShare.percent;
  }

  /** Appends files and returns the id of the first. */
  declare(files: readonly FileRecord[]): number {
    const firstFile = this.files.length;
    for (const [index, file] of files.entries()) {
      const declared = { ...file, rev: this.#nextRev };
      this.files.push(declared);
      this.#count(declared, 1);
      this.#changed.add(firstFile + index);
      this.#durable.add(firstFile + index);
      if (!isAsDeclared(declared)) this.#rows.push(fileRow(firstFile + index, declared));
    }
    delete this.batch.uploaderGone;
    this.#batchChanged = true;
    return firstFile;
  }

  /** Applies events in order. Events of unknown files do nothing. */
  apply(events: readonly FileEvent[], now: number): void {
    for (const event of events) {
      const { file } = event;
      const record = this.files[file];
      const isRetry = event.event === "retried";
      const isLate = record !== undefined && isLateSuccess(record, event);
      // A request that was in flight when the batch was cancelled must not restart a file.
      if (this.batch.cancelled && (isRetry || isLate)) continue;
      // Watchers see the state in between, as no row goes from a failure to a stored file.
      if (isLate) this.#applyOne({ file, event: "retried" }, now);
      this.#applyOne(event, now);
    }
  }

  #applyOne(event: FileEvent, now: number): void {
    const before = this.files[event.file];
    if (!before) return;
    const after = transition(before, event, now);
    if (after === before) return;
    this.#replace(event.file, before, after);
    if (OF_UPLOADER.has(event.event)) this.setUploaderGone(undefined);
  }

  /**
   * Reports every file that needs bytes as changed, since some of them may have been reported as
   * uploading before the object restarted.
   */
  announceRestart(): void {
    this.batch.requeuedRev = this.#nextRev;
    for (const [id, file] of this.files.entries()) {
      if (!needsBytes(file)) continue;
      this.files[id] = { ...file, rev: this.#nextRev };
      this.#changed.add(id);
      this.#rows.push(fileRow(id, file));
    }
  }

  seal(): void {
    this.#set("sealed", true);
  }

  /** Notes that the batch's metadata changed, which the tally does not have. */
  noteMetadata(): void {
    this.#batchChanged = true;
  }

  setPaused(paused: boolean): void {
    this.#set("paused", paused);
  }

  /** Refuses uploads from now on, or accepts them again. A late call changes nothing. */
  setBlock(block: OperatorBlock): void {
    if (block.order <= (this.batch.block?.order ?? 0)) return;
    this.batch.block = block;
    this.#batchChanged = true;
  }

  setWebhook(webhook: WebhookRecord): void {
    this.batch.webhook = webhook;
    this.#batchChanged = true;
  }

  /** @param since time of the last sign of an uploader, in ms since 1970; undefined if one is connected */
  setUploaderGone(since: number | undefined): void {
    if (this.batch.uploaderGone === since) return;
    if (since === undefined) delete this.batch.uploaderGone;
    else this.batch.uploaderGone = since;
    this.#batchChanged = true;
  }

  /** Ends all tokens of these scopes that were made before. */
  revoke(scopes: readonly RevocableScope[]): void {
    if (scopes.length === 0) return;
    this.batch.generations = revoked(this.batch.generations, scopes);
    this.#batchChanged = true;
  }

  /** Cancels the batch, and every file that is not settled. */
  cancel(now: number): void {
    if (!this.batch.cancelled) this.batch.cancelledAt = now;
    this.#set("cancelled", true);
    this.apply(
      this.files.map((_, file) => ({ event: "cancelled", file, batch: true })),
      now,
    );
  }

  /** Cancels a batch that was not finished in time. */
  expire(now: number): void {
    this.#set("expired", true);
    this.cancel(now);
  }

  /** Deletes the batch. Its records remain until the cleanup has deleted its objects. */
  delete(now: number): void {
    if (this.batch.deletedAt !== undefined) return;
    if (this.state !== "completed") this.cancel(now);
    this.batch.deletedAt = now;
    this.#batchChanged = true;
  }

  /** Returns failed files to the queue. @param files ids; null for all that may be retried */
  retry(files: readonly number[] | null, now: number): void {
    const ids = files ?? this.files.keys();
    this.apply(
      Array.from(ids, (file) => ({ event: "retried", file })),
      now,
    );
  }

  /**
   * Returns the changes since the last commit and raises `rev`; null if there are none. A change
   * extends the lifetime of an unfinished batch. The end of the batch has a rev of its own, above that
   * of the rows: a watcher that has the rows and reconnects before it got the summary gets the summary.
   */
  commit(now: number, { batchLifetimeMs }: BatchLifetime): ChangeSet | null {
    if (this.#changed.size === 0 && !this.#batchChanged) return null;
    const wasComplete = this.batch.completedAt !== null;
    const isComplete = this.#isComplete();
    this.batch.rev = this.#nextRev + (isComplete ? 1 : 0);
    this.batch.updatedAt = now;
    if (isComplete !== wasComplete) this.#setComplete(isComplete, now);
    const isOver = isBatchOver(this.state);
    this.batch.expiresAt = isOver ? null : now + batchLifetimeMs;
    if (isOver) this.setUploaderGone(undefined);
    return this.#takeChanges(isComplete && !wasComplete);
  }

  #setComplete(isComplete: boolean, now: number): void {
    this.batch.completedAt = isComplete ? now : null;
    if (isComplete) this.batch.completedRev = this.batch.rev;
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
    return this.batch.sealed && !this.batch.cancelled && this.#unsettled === 0;
  }

  #replace(id: number, before: FileRecord, after: FileRecord): void {
    const changed = { ...after, rev: this.#nextRev };
    this.#count(before, -1);
    this.#count(changed, 1);
    this.files[id] = changed;
    this.#changed.add(id);
    if (isDurableChange(before, after)) this.#durable.add(id);
    // The summary of a completed batch is another one.
    if (changed.deletedAt !== before.deletedAt) this.#batchChanged = true;
    if (!isSettled(changed.state)) this.#reopen();
    // Changes to multipart uploads and active uploads don't show in a row.
    if (hasNewRow(before, changed)) this.#rows.push(fileRow(id, changed));
  }

  /** A retried file makes a completed batch active again. It is announced again when it completes. */
  #reopen(): void {
    if (this.batch.completedAt === null) return;
    this.batch.completedAt = null;
    this.#batchChanged = true;
  }

  #count(file: FileRecord, sign: 1 | -1): void {
    const isDone = isSettled(file.state);
    const weight = fileWeight(file.size) * sign;
    this.totals.files += sign;
    this.totals[file.state] += sign;
    this.totals.bytes += file.size * sign;
    this.totals.receivedBytes += file.receivedBytes * sign;
    if (file.state === "completed") this.completedBytes += file.size * sign;
    if (!isDone) this.#unsettled += sign;
    if (isUploading(file)) this.#uploading += sign;
    if (isUnfinished(file)) this.#unfinished += sign;
    this.#storedShare.count(file, sign);
    this.#weight += weight;
    this.#weightDone += weight * (isDone ? PROGRESS.completed : file.progress);
  }

  #takeChanges(completed: boolean): ChangeSet {
    const changes = {
      rows: this.#rows,
      files: this.#changed,
      durable: this.#durable,
      batch: this.#batchChanged,
      completed,
      deleted: this.batch.deletedAt !== undefined,
    };
    this.#rows = [];
    this.#changed = new Set();
    this.#durable = new Set();
    this.#batchChanged = false;
    return changes;
  }
}

function hasNewRow(before: FileRecord, after: FileRecord): boolean {
  const row = fileRow(0, before);
  return fileRow(0, after).some((value, index) => value !== row[index]);
}
