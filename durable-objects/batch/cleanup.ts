import { isBatchOver, isSettled, MINUTE_MS } from "../../protocol/index.ts";
import { StorageError } from "../../storage/errors.ts";
import { fileIdOf } from "../../storage/keys.ts";
import { abortMultipart, completeMultipart } from "../../storage/multipart.ts";
import { deleteFolder, deleteStored, findObject } from "../../storage/objects.ts";
import { type CleanupBackoff, MAX_DELAY_MS } from "./cleanup-backoff.ts";
import {
  claimCompletion,
  completionEvents,
  doubtEvents,
  isReadyToComplete,
  isSafeToAbort,
  isSafeToClean,
} from "./completion.ts";
import { DigestChecks } from "./digest-check.ts";
import {
  type FileEvent,
  type FileRecord,
  isFinalFailure,
  isUnfinished,
  needsCheck,
  type RecordedObject,
  type TriedMultipart,
} from "./file.ts";
import type { OwnerSync } from "./owner-sync.ts";
import type { ChangeSet, Tally } from "./tally.ts";
import type { OpenBatch, Transactions } from "./transaction.ts";
import { leaseEndEvents, untilLeaseEnds } from "./upload-lease.ts";

/** Time after which work that remains is looked at again. */
const REMAINING_WORK_MS = MINUTE_MS;
/**
 * Time for which the records of a deleted batch remain. Requests in flight may still store objects in
 * that time; the cleanup at its end deletes them.
 */
const DELETED_RECORDS_MS = 10 * MINUTE_MS;

/**
 * Interval of the alarm of a batch that a later version of this code has stored: that version must find
 * an alarm if it is deployed again, and this one must not change anything.
 */
const NEWER_FORMAT_MS = MAX_DELAY_MS;

/** Work for R2 or the owner. It returns a function of the events to apply when it is done. */
type Task = () => Promise<EventsOf>;

type EventsOf = (batch: OpenBatch) => FileEvent[];

interface CleanupOptions {
  storage: DurableObjectStorage;
  bucket: R2Bucket;
  transactions: Transactions;
  owner: OwnerSync;
  backoff: CleanupBackoff;
}

/**
 * Work that no request may be left to do, run by the object's alarm: expiry, timed-out uploads,
 * completions that no request performed, multipart uploads and objects that no file needs, and
 * notifications of the owner.
 */
export class Cleanup {
  readonly #storage: DurableObjectStorage;
  readonly #bucket: R2Bucket;
  readonly #transactions: Transactions;
  readonly #owner: OwnerSync;
  readonly #backoff: CleanupBackoff;
  /** True during a transaction of the cleanup itself. */
  #isOwn = false;
  /** True while the alarm's handler runs. */
  #isRunning = false;
  readonly #digestChecks: DigestChecks;
  /** Time of the alarm; null if none is set. */
  #alarmAt: number | null = null;
  /** Ends uploads without events. An alarm would cost a row, and a restart ends all uploads anyway. */
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor({ storage, bucket, transactions, owner, backoff }: CleanupOptions) {
    this.#storage = storage;
    this.#bucket = bucket;
    this.#transactions = transactions;
    this.#owner = owner;
    this.#backoff = backoff;
    this.#digestChecks = new DigestChecks({
      bucket,
      run: (transaction) => this.#runOwn(transaction),
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
    if (!this.#isRunning) this.#schedule(tally, !leavesSome);
    this.#setTimer(tally);
    if (isUrgent) this.#setAlarm(Date.now());
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
   * The alarm: expires the batch and its uploads, does the remaining work, and sets the next alarm. The
   * last alarm of a deleted batch deletes its records, once R2 has nothing left. A batch that is over
   * and has no work left has no alarm.
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
    const isLast = batch.tally.batch.deletedAt !== undefined && isDue(batch.tally);
    this.#transactions.runInternal(expire);
    this.#runOwn(endLeases);
    const haveSucceeded = await this.#runTasks(batch);
    // A transaction that threw meanwhile has loaded the batch again.
    const { tally } = this.#transactions.batch ?? batch;
    const isDone = haveSucceeded && hasNoWork(tally);
    if (isDone) this.#backoff.reset();
    const hasGivenUp = !haveSucceeded && this.#hasGivenUp(batch);
    if (isLast && (isDone || hasGivenUp)) await this.#deleteRecords();
    else this.#schedule(tally, isDone);
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
  #schedule(tally: Tally, isDone = true): void {
    const now = Date.now();
    const retryAt = this.#backoff.retryAt ?? 0;
    const remainingAt = isDone && !tally.hasUnfinished ? Infinity : now + REMAINING_WORK_MS;
    const workAt = retryAt > now ? retryAt : remainingAt;
    const due = deadline(tally);
    // The records of a deleted batch that are due stay until all work is done.
    this.#setAlarm(due > now || workAt === Infinity ? Math.min(workAt, due) : workAt);
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
    for (const task of this.#tasks(batch))
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

  #tasks(batch: OpenBatch): Task[] {
    const { config, tally } = batch;
    const now = Date.now();
    const ready = [...tally.files.entries()].filter(([, file]) => isReadyToComplete(file));
    const due = abandonedUploads(tally).filter(({ upload }) => isSafeToAbort(upload, now));
    const tasks = [
      ...ready.map(
        ([id]) =>
          () =>
            this.#complete(id),
      ),
      ...due.map(
        ({ file, upload }) =>
          () =>
            this.#abort(file, upload),
      ),
    ];
    for (const { file, object } of unwantedObjects(tally)) {
      tasks.push(() => this.#deleteUnwanted(file, object));
    }
    if (tally.batch.cancelled || tally.batch.deletedAt !== undefined) {
      tasks.push(() => this.#deleteObjects(config.folder, tally));
    }
    const left = [...tally.files.entries()].filter(([, file]) => isSafeToClean(file, now));
    if (left.length > 0) tasks.push(() => this.#clean(batch, new Set(left.map(([id]) => id))));
    return [...tasks, () => this.#notifyOwner(batch)];
  }

  /** Completes a file, unless another caller is doing that. */
  async #complete(id: number): Promise<EventsOf> {
    const claim = crypto.randomUUID();
    const completion = this.#runOwn((batch) => claimCompletion(batch, id, claim));
    if (completion === null) return () => [];
    const result = await completeMultipart(this.#bucket, completion.multipart, completion).catch(
      (error: unknown) => {
        this.#runOwn(({ apply }) => apply([{ file: id, event: "released" }]));
        throw error;
      },
    );
    if ("etag" in result) {
      const completed = await completionEvents(this.#bucket, completion, result);
      // Any other caller may check the file's digest.
      return () => [...completed, { file: id, event: "released" }];
    }
    const doubtful = { multipartId: completion.multipart.id, doubt: result.doubt };
    return (open) => doubtEvents(open, id, doubtful, Date.now());
  }

  /**
   * Aborts a multipart upload. If R2 has completed it meanwhile, its object is the file's; or it is
   * deleted, if the file was cancelled.
   */
  async #abort(file: number, { id, key, triedAt }: TriedMultipart): Promise<EventsOf> {
    await abortMultipart(this.#bucket, { id, key });
    const aborted: FileEvent = { file, event: "multipartAborted", id };
    const object = triedAt === undefined ? null : await findObject(this.#bucket, key);
    const record = this.#transactions.batch?.tally.files[file];
    if (!object || !record) return () => [aborted];
    const { etag, size } = object;
    if (isUnwanted(record)) {
      await deleteStored(this.#bucket, { key, etag });
      return () => [aborted];
    }
    const completed = await completionEvents(
      this.#bucket,
      { file, size, multipart: { id, key } },
      { etag, isFound: true, isOpen: false },
    );
    return () => [...completed, aborted];
  }

  async #deleteUnwanted(file: number, object: RecordedObject): Promise<EventsOf> {
    await deleteStored(this.#bucket, object);
    return () => [{ file, event: "objectDeleted", etag: object.etag }];
  }

  /** Deletes the objects of files that are not completed, or of all files if the batch is deleted. */
  async #deleteObjects(folder: string, { batch, files }: Tally): Promise<EventsOf> {
    await deleteFolder(this.#bucket, folder, (key) => {
      const file = files[fileIdOf(folder, key)];
      const isStored = file?.state === "completed" && (file.key ?? key) === key;
      return batch.deletedAt !== undefined || !isStored;
    });
    return () => [];
  }

  /** Deletes what requests have stored of cancelled files without reporting it. */
  async #clean(
    { config: { folder } }: OpenBatch,
    cancelled: ReadonlySet<number>,
  ): Promise<EventsOf> {
    await deleteFolder(this.#bucket, folder, (key) => cancelled.has(fileIdOf(folder, key)));
    return () => Array.from(cancelled, (file) => ({ file, event: "cleaned" }));
  }

  async #notifyOwner(batch: OpenBatch): Promise<EventsOf> {
    await this.#owner.sync(batch);
    return () => [];
  }
}

/** Returns the time at which the batch expires, or its records are deleted; Infinity if neither is due. */
export function deadline({ state, batch: { deletedAt, expiresAt } }: Tally): number {
  if (deletedAt !== undefined) return deletedAt + DELETED_RECORDS_MS;
  return isBatchOver(state) ? Infinity : (expiresAt ?? Infinity);
}

function isDue(tally: Tally): boolean {
  return deadline(tally) <= Date.now();
}

/** Expires the batch, if that is due. */
function expire({ tally, commit }: OpenBatch): void {
  if (isDue(tally) && tally.batch.deletedAt === undefined) tally.expire(Date.now());
  commit();
}

/** Ends uploads without events. */
function endLeases({ tally, apply }: OpenBatch): void {
  apply(leaseEndEvents(tally, Date.now()));
}

/** A multipart upload that no request will complete. */
interface AbandonedUpload {
  file: number;
  upload: TriedMultipart;
}

/** Returns the multipart uploads to abort: orphans, and those of files that won't be sent. */
export function abandonedUploads({ batch, files }: Tally): AbandonedUpload[] {
  return [...files.entries()].flatMap(([file, record]) => {
    const { multipart, orphans = [] } = record;
    const isAbandoned = batch.deletedAt !== undefined || isSettledForGood(record);
    const abandoned = multipart && isAbandoned ? [multipart, ...orphans] : orphans;
    return abandoned.map((upload) => ({ file, upload }));
  });
}

/** Returns the objects to delete, with their files. Those of a cancelled batch are deleted together. */
function unwantedObjects({ batch, files }: Tally): { file: number; object: RecordedObject }[] {
  if (batch.cancelled || batch.deletedAt !== undefined) return [];
  return [...files.entries()].flatMap(([file, { unwantedObject: object }]) =>
    object ? [{ file, object }] : [],
  );
}

/** True if nothing has to be checked, completed, aborted or deleted, now or later. */
export function hasNoWork(tally: Tally): boolean {
  const { batch, files } = tally;
  const isEarly = batch.cancelledAt !== undefined && !isSafeToClean(batch, Date.now());
  if (isEarly || abandonedUploads(tally).length + unwantedObjects(tally).length > 0) return false;
  return !files.some((file) => {
    return isReadyToComplete(file) || needsCheck(file) || hasLeftovers(file);
  });
}

/** True if R2 may hold something of the file that the cleanup deletes once that is safe. */
function hasLeftovers({ orphans, cancelledAt }: FileRecord): boolean {
  return orphans !== undefined || cancelledAt !== undefined;
}

/** True if a change left objects or multipart uploads in R2 that no file needs. */
function leavesOrphans({ batch, files }: Tally, changes: ChangeSet): boolean {
  if (changes.batch && (batch.cancelled || batch.deletedAt !== undefined)) return true;
  return [...changes.files].some((id) => {
    const file = files[id];
    if (file?.unwantedObject) return true;
    return file?.multipart !== undefined && isSettledForGood(file);
  });
}

/** True if no object of the file is to remain. */
function isUnwanted(file: FileRecord): boolean {
  return isSettledForGood(file) && file.state !== "completed";
}

/** True if a change left a file whose bytes R2 holds, and which the cleanup finishes if no request does. */
function leavesUnfinished({ files }: Tally, changes: ChangeSet): boolean {
  return [...changes.files].some((id) => {
    const file = files[id];
    return file !== undefined && isUnfinished(file);
  });
}

/** Logs what the operator has to delete, because the cleanup could not. */
function reportLeftovers({ config: { id, folder } }: OpenBatch): void {
  const error =
    "The cleanup has given up; delete what the batch no longer needs in this folder of R2.";
  console.error(JSON.stringify({ batch: id, folder, error }));
}

/** True if the file is settled and no retry can change that. */
function isSettledForGood(file: FileRecord): boolean {
  return isSettled(file.state) && (file.state !== "failed" || isFinalFailure(file));
}
