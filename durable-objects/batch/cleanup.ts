import { isSettled, MINUTE_MS } from "../../protocol/index.ts";
import { partsDigest } from "../../storage/digests.ts";
import { fileIdOf, type MultipartUpload } from "../../storage/keys.ts";
import { abortMultipart, completeMultipart } from "../../storage/multipart.ts";
import { deleteFolder } from "../../storage/objects.ts";
import { type FileEvent, type FileRecord, finalEvents, isFinalFailure } from "./file.ts";
import type { OwnerSync } from "./owner-sync.ts";
import { type CompletionLeases, isReadyToComplete } from "./parts.ts";
import type { MultipartCompletion } from "./rpc.ts";
import type { ChangeSet, Tally } from "./tally.ts";
import type { OpenBatch, Transactions } from "./transaction.ts";
import { leaseEndEvents, untilLeaseEnds } from "./upload-lease.ts";

/** Time before failed work is repeated. */
const RETRY_MS = MINUTE_MS;
/**
 * Time for which the records of a deleted batch remain. Requests in flight may still store objects in
 * that time; the cleanup at its end deletes them.
 */
const DELETED_RECORDS_MS = 10 * MINUTE_MS;

/** Work for R2 or the owner. It returns the events to apply when it is done. */
type Task = () => Promise<FileEvent[]>;

interface CleanupOptions {
  storage: DurableObjectStorage;
  bucket: R2Bucket;
  transactions: Transactions;
  completions: CompletionLeases;
  owner: OwnerSync;
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
  readonly #completions: CompletionLeases;
  readonly #owner: OwnerSync;
  /** Time of the alarm; null if none is set. */
  #alarmAt: number | null = null;
  /** Ends uploads without events. An alarm would cost a row, and a restart ends all uploads anyway. */
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor({ storage, bucket, transactions, completions, owner }: CleanupOptions) {
    this.#storage = storage;
    this.#bucket = bucket;
    this.#transactions = transactions;
    this.#completions = completions;
    this.#owner = owner;
  }

  /** Reads the time of the alarm. Call it before anything else when the object starts. */
  async start(): Promise<void> {
    this.#alarmAt = await this.#storage.getAlarm();
  }

  /** Sets the alarm after a change: now if the change left work, otherwise when work may be due. */
  onCommit(batch: OpenBatch, changes: ChangeSet): void {
    this.#schedule(batch.tally);
    this.#setTimer(batch.tally);
    if (this.#owner.hasUpdate(batch) || leavesOrphans(batch.tally, changes)) this.runNow();
  }

  /** Sets the alarm for now. */
  runNow(): void {
    this.#setAlarm(Date.now());
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
    const isLast = batch.tally.batch.deletedAt !== null && isDue(batch.tally);
    this.#transactions.runInternal(expire);
    const haveSucceeded = await this.#runTasks(batch);
    // A transaction that threw meanwhile has loaded the batch again.
    const { tally } = this.#transactions.batch ?? batch;
    const isDone = haveSucceeded && hasNoWork(tally);
    if (isLast && isDone) await this.#transactions.deleteAll();
    else this.#schedule(tally, isDone);
  }

  /** Leaves the work on a batch of a newer version to that version. */
  #postpone(): void {
    if (this.#transactions.hasNewerFormat) this.#setAlarm(Date.now() + 60 * MINUTE_MS);
  }

  /** @param isDone false if work failed or remains, and has to be repeated soon */
  #schedule(tally: Tally, isDone = true): void {
    const retryAt = isDone && !tally.hasUnfinished ? Infinity : Date.now() + RETRY_MS;
    this.#setAlarm(Math.min(retryAt, deadline(tally)));
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
    this.#transactions.runInternal(({ tally, apply }) => {
      apply(leaseEndEvents(tally, Date.now()));
      this.#setTimer(tally);
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
    for (const task of this.#tasks(batch)) haveSucceeded = (await this.#run(task)) && haveSucceeded;
    return haveSucceeded;
  }

  async #run(task: Task): Promise<boolean> {
    try {
      const events = await task();
      this.#transactions.runInternal(({ apply }) => apply(events));
      return true;
    } catch (error) {
      const batch = this.#transactions.batch?.config.id;
      console.error(JSON.stringify({ batch, error: String(error) }));
      return false;
    }
  }

  #tasks(batch: OpenBatch): Task[] {
    const { config, tally, store } = batch;
    const now = Date.now();
    const completions = [...tally.files.entries()].flatMap(
      ([id, file]) => this.#completions.claim(id, file, store, now) ?? [],
    );
    const tasks = [
      ...completions.map((completion) => () => this.#complete(completion)),
      ...abandonedUploads(tally).map((upload) => () => this.#abort(upload)),
    ];
    if (tally.batch.cancelled || tally.batch.deletedAt !== null) {
      tasks.push(() => this.#deleteObjects(config.folder, tally));
    }
    return [...tasks, () => this.#notifyOwner(batch)];
  }

  async #complete(completion: MultipartCompletion): Promise<FileEvent[]> {
    const etag = await completeMultipart(this.#bucket, completion.multipart, completion);
    return completionEvents(completion, etag);
  }

  async #abort({ file, key, id }: AbandonedUpload): Promise<FileEvent[]> {
    await abortMultipart(this.#bucket, { key, id });
    return [{ file, event: "multipartAborted", id }];
  }

  /** Deletes the objects of files that are not completed, or of all files if the batch is deleted. */
  async #deleteObjects(folder: string, { batch, files }: Tally): Promise<FileEvent[]> {
    await deleteFolder(this.#bucket, folder, (key) => {
      const file = files[fileIdOf(folder, key)];
      const isStored = file?.state === "completed" && (file.key ?? key) === key;
      return batch.deletedAt !== null || !isStored;
    });
    return [];
  }

  async #notifyOwner(batch: OpenBatch): Promise<FileEvent[]> {
    await this.#owner.sync(batch);
    return [];
  }
}

/** Returns the time at which the batch expires, or its records are deleted; Infinity if neither is due. */
export function deadline({ batch: { deletedAt, expiresAt } }: Tally): number {
  return deletedAt === null ? (expiresAt ?? Infinity) : deletedAt + DELETED_RECORDS_MS;
}

function isDue(tally: Tally): boolean {
  return deadline(tally) <= Date.now();
}

/** Expires what is due: the batch, and uploads without events. */
function expire({ tally, apply }: OpenBatch): void {
  const now = Date.now();
  if (isDue(tally) && tally.batch.deletedAt === null) tally.expire(now);
  apply(leaseEndEvents(tally, now));
}

/** Returns the events of a completion. @param etag of the object; null if R2 has lost the parts */
export async function completionEvents(
  { file, multipart, digests }: MultipartCompletion,
  etag: string | null,
): Promise<FileEvent[]> {
  if (etag === null) return [{ file, event: "multipartLost", id: multipart.id }];
  // R2's etag of an object made of parts has their number; without one, another request has put it whole.
  const digest = digests && etag.includes("-") && { partsDigest: await partsDigest(digests) };
  return [{ file, event: "multipartCompleted", etag, ...digest }, ...finalEvents(file)];
}

/** A multipart upload that no request will complete. */
interface AbandonedUpload extends MultipartUpload {
  file: number;
}

/** Returns the multipart uploads to abort: orphans, and those of files that won't be sent. */
export function abandonedUploads({ batch, files }: Tally): AbandonedUpload[] {
  return [...files.entries()].flatMap(([file, record]) => {
    const { multipart, orphans = [] } = record;
    const isAbandoned = batch.deletedAt !== null || isSettledForGood(record);
    const abandoned = multipart && isAbandoned ? [multipart, ...orphans] : orphans;
    return abandoned.map(({ id, key }) => ({ file, id, key }));
  });
}

/** True if no multipart upload has to be aborted or completed. */
function hasNoWork(tally: Tally): boolean {
  return abandonedUploads(tally).length === 0 && !tally.files.some(isReadyToComplete);
}

/** True if a change left objects or multipart uploads in R2 that no file needs. */
function leavesOrphans({ batch, files }: Tally, changes: ChangeSet): boolean {
  if (changes.batch && (batch.cancelled || batch.deletedAt !== null)) return true;
  return [...changes.files].some((id) => {
    const file = files[id];
    return file?.multipart !== undefined && isSettledForGood(file);
  });
}

/** True if the file is settled and no retry can change that. */
function isSettledForGood(file: FileRecord): boolean {
  return isSettled(file.state) && (file.state !== "failed" || isFinalFailure(file));
}
