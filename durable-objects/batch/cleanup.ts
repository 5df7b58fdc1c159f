import { isBatchOver, MINUTE_MS } from "../../protocol/index.ts";
import { StorageError } from "../../storage/errors.ts";
import { type CleanupBackoff, MAX_DELAY_MS } from "./cleanup-backoff.ts";
import { CleanupTasks, type Task } from "./cleanup-tasks.ts";
import { DigestChecks } from "./digest-check.ts";
import { deadline, isDue, passTime } from "./expiry.ts";
import { hasLeftovers, hasNoWork, leavesOrphans, leavesUnfinished } from "./leftovers.ts";
import type { Settings } from "../settings.ts";
import type { OwnerSync } from "./owner-sync.ts";
import type { Sheets } from "./sheets.ts";
import type { ChangeSet, Tally } from "./tally.ts";
import type { OpenBatch, Transactions } from "./transaction.ts";
import { leaseEndEvents, untilLeaseEnds } from "./upload-lease.ts";
import { webhookDueAt } from "./webhook.ts";
import { WebhookSender } from "./webhook-sender.ts";

/**
 * Time after which a reservation is confirmed to the owner, who releases it after ten minutes. Most batches
 * end earlier, and several calls share one event. Later, too few attempts would remain if one fails.
 */
const CONFIRM_MS = 3 * MINUTE_MS;
/** Time after which work that remains is looked at again. */
const REMAINING_WORK_MS = MINUTE_MS;

/**
 * Interval of the alarm of a batch that a later version of this code has stored: that version must find
 * an alarm if it is deployed again, and this one must not change anything.
 */
const NEWER_FORMAT_MS = MAX_DELAY_MS;

interface CleanupOptions {
  storage: DurableObjectStorage;
  bucket: R2Bucket;
  transactions: Transactions;
  owner: OwnerSync;
  webhook: Settings["webhook"];
  sheets: Sheets;
  backoff: CleanupBackoff;
}

/**
 * Work that no request may be left to do, run by the object's alarm: expiry, timed-out uploads, the
 * tasks for R2 and the owner (see cleanup-tasks.ts), and checks of digests. It decides when the alarm is
 * due, and repeats what has failed.
 */
export class Cleanup {
  readonly #storage: DurableObjectStorage;
  readonly #transactions: Transactions;
  readonly #owner: OwnerSync;
  readonly #backoff: CleanupBackoff;
  /** True during a transaction of the cleanup itself. */
  #isOwn = false;
  /** True while the alarm's handler runs. */
  #isRunning = false;
  readonly #tasks: CleanupTasks;
  readonly #sheets: Sheets;
  readonly #webhook: WebhookSender;
  readonly #digestChecks: DigestChecks;
  /** Time of the alarm; null if none is set. */
  #alarmAt: number | null = null;
  /** Ends uploads without events. An alarm would cost a row, and a restart ends all uploads anyway. */
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(options: CleanupOptions) {
    const { storage, bucket, transactions, owner, webhook, sheets, backoff } = options;
    this.#storage = storage;
    this.#transactions = transactions;
    this.#owner = owner;
    this.#backoff = backoff;
    const run = <T>(transaction: (open: OpenBatch) => T): T | null => this.#runOwn(transaction);
    this.#sheets = sheets;
    this.#tasks = new CleanupTasks({ bucket, owner, sheets, run });
    this.#webhook = new WebhookSender(webhook, run);
    this.#digestChecks = new DigestChecks({
      bucket,
      run,
      onFailure: (error) => this.#onFailedCheck(error),
    });
  }

  /** Reads the time of the alarm. Call it before anything else when the object starts. */
  async start(): Promise<void> {
    this.#alarmAt = await this.#storage.getAlarm();
  }

  /** Sets the alarm after a change: now if the change left work, otherwise when work may be due. */
  onCommit(batch: OpenBatch, changes: ChangeSet): void {
    const { tally } = batch;
    const isUrgent = this.#owner.hasUpdate(batch) || leavesOrphans(tally, changes);
    const leavesSome = [...changes.files].some((id) => {
      const file = tally.files[id];
      return file && hasLeftovers(file);
    });
    if (isUrgent || leavesSome || leavesUnfinished(tally, changes)) this.#onNewWork();
    // An alarm that is running sets the next one.
    if (!this.#isRunning) this.#schedule(batch, !leavesSome);
    this.#setTimer(tally);
    if (isUrgent) this.#setAlarm(Date.now());
  }

  /**
   * Sets the alarm that confirms to the owner what it has reserved for a batch that is created, or for a
   * declaring call. Call it before the commit, which would set a later alarm.
   *
   * @param call the name of the call's reservation
   */
  confirmSoon(batch: OpenBatch, call?: string): void {
    this.#owner.expectConfirmation(batch, call);
    batch.defer(() => this.#setAlarm(Date.now() + CONFIRM_MS));
  }

  /** Sets the alarm for now, because a request has left work. */
  runNow(): void {
    this.#onNewWork();
    this.#setAlarm(Date.now());
  }

  /** Work that failed is repeated with new work: its cause may be gone. */
  #onNewWork(): void {
    if (!this.#isOwn) this.#backoff.reset();
  }

  /**
   * The alarm: expires the batch and its uploads, or deletes the batch if it expired without files, does
   * the remaining work, and sets the next alarm. The last alarm of a deleted batch deletes its records,
   * once R2 has nothing left. A batch that is over and has no work left has no alarm.
   */
  async onAlarm(): Promise<void> {
    this.#alarmAt = null;
    const { batch } = this.#transactions;
    if (!batch) return this.#postpone();
    this.#isRunning = true;
    try {
      await this.#run(batch);
    } finally {
      this.#isRunning = false;
    }
  }

  async #run(batch: OpenBatch): Promise<void> {
    const isLast = batch.tally.batch.deletedAt !== undefined && isDue(batch);
    this.#transactions.runInternal((open) => {
      if (!isBatchOver(open.tally.state) && isDue(open)) this.#sheets.forgetUnstored(open);
      passTime(open);
      open.commit();
    });
    this.#runOwn(endLeases);
    const haveSucceeded = await this.#runTasks(batch);
    await this.#webhook.sendDue();
    // A transaction that threw meanwhile has loaded the batch again.
    const current = this.#transactions.batch ?? batch;
    const isDone = haveSucceeded && hasNoWork(current.tally);
    if (isDone) this.#backoff.reset();
    const hasGivenUp = !haveSucceeded && this.#hasGivenUp(batch);
    if (isLast && (isDone || hasGivenUp)) await this.#deleteRecords();
    else this.#schedule(current, isDone);
  }

  #onFailedCheck(error: unknown): void {
    const { batch } = this.#transactions;
    this.#report(error);
    if (batch) this.#hasGivenUp(batch);
  }

  /** Counts a failure. @returns true if the work is not repeated any more */
  #hasGivenUp(batch: OpenBatch): boolean {
    const hasGivenUp = this.#backoff.fail(Date.now());
    if (hasGivenUp) reportLeftovers(batch);
    return hasGivenUp;
  }

  async #deleteRecords(): Promise<void> {
    this.#backoff.clear();
    await this.#transactions.deleteAll();
  }

  /** Leaves the work on a batch of a newer version to that version. */
  #postpone(): void {
    if (this.#transactions.hasNewerFormat) this.#setAlarm(Date.now() + NEWER_FORMAT_MS);
  }

  /** @param isDone false if work remains, and has to be looked at again soon */
  #schedule(batch: OpenBatch, isDone = true): void {
    const now = Date.now();
    const retryAt = this.#backoff.retryAt ?? 0;
    const remainingAt = isDone && !batch.tally.hasUnfinished ? Infinity : now + REMAINING_WORK_MS;
    const workAt = retryAt > now ? retryAt : remainingAt;
    const due = deadline(batch);
    // The records of a deleted batch that are due stay until all work is done.
    const nextAt = due > now || workAt === Infinity ? Math.min(workAt, due) : workAt;
    this.#setAlarm(Math.min(nextAt, webhookDueAt(batch.tally)));
  }

  /** Sets the timer for the first upload that may time out, or stops it if there is no upload. */
  #setTimer(tally: Tally): void {
    if (tally.isUploading) {
      this.#timer ??= setTimeout(() => this.#onTimer(), untilLeaseEnds(tally, Date.now()));
    } else if (this.#timer !== null) {
      clearTimeout(this.#timer);
      this.#timer = null;
    }
  }

  #onTimer(): void {
    this.#timer = null;
    this.#runOwn((batch) => {
      endLeases(batch);
      this.#setTimer(batch.tally);
    });
  }

  /** Sets the alarm, unless it is set for an earlier time. Infinity sets none. */
  #setAlarm(time: number): void {
    if (time >= (this.#alarmAt ?? Infinity)) return;
    this.#alarmAt = time;
    void this.#storage.setAlarm(time);
  }

  /** Runs every task, even if one fails. @returns true if all succeeded */
  async #runTasks(batch: OpenBatch): Promise<boolean> {
    let haveSucceeded = true;
    // The alarm may run before a check that has failed is to be repeated.
    const isCheckDue = (this.#backoff.retryAt ?? 0) <= Date.now();
    for (const task of this.#tasks.due(batch))
      haveSucceeded = (await this.#runTask(task)) && haveSucceeded;
    if (isCheckDue) this.#digestChecks.start();
    return haveSucceeded;
  }

  async #runTask(task: Task): Promise<boolean> {
    try {
      const eventsOf = await task();
      this.#runOwn((batch) => batch.apply([], () => eventsOf(batch)));
      return true;
    } catch (error) {
      this.#report(error);
      return false;
    }
  }

  /**
   * Runs a transaction of the cleanup itself, which leaves no new work: it would reset the delay of a
   * completion that fails each time.
   */
  #runOwn<T>(transaction: (batch: OpenBatch) => T): T | null {
    this.#isOwn = true;
    try {
      return this.#transactions.runInternal(transaction);
    } finally {
      this.#isOwn = false;
    }
  }

  /** Logs an error. A bucket lock lasts for days, and is logged once for each batch. */
  #report(error: unknown): void {
    const isLocked = error instanceof StorageError && error.failure === "locked";
    if (isLocked && this.#backoff.isLockReported) return;
    if (isLocked) this.#backoff.setLockReported();
    const batch = this.#transactions.batch?.config.id;
    console.error(JSON.stringify({ batch, error: String(error) }));
  }
}

/** Ends uploads without events. */
function endLeases({ tally, apply }: OpenBatch): void {
  apply(leaseEndEvents(tally, Date.now()));
}

/** Logs what the operator has to delete, because the cleanup could not. */
function reportLeftovers({ config: { id, folder } }: OpenBatch): void {
  const error =
    "The cleanup has given up; delete what the batch no longer needs in this folder of R2.";
  console.error(JSON.stringify({ batch: id, folder, error }));
}
