import type { Frame } from "../../protocol/index.ts";
import { ok, type Result, expiredBatch, tooManyWatchers, unknownBatch } from "./refusals.ts";
import { abandonedUploads, Cleanup, isAbandoned, isClean, timeoutEvents } from "./cleanup.ts";
import type { FileEvent } from "./file.ts";
import type { PendingUpdate } from "./frame-queue.ts";
import { updateFrames, initialFrames } from "./frames.ts";
import { type Settings, settings } from "../settings.ts";
import type { BatchEvent } from "../owner/index.ts";
import { batchEvent, OwnerSync } from "./owner-sync.ts";
import { Completions, type MultipartCompletion } from "./parts.ts";
import { type BatchConfig, Store } from "./store.ts";
import { type ChangeSet, newBatchRecord, Tally } from "./tally.ts";
import { Watchers } from "./watchers.ts";

/** A batch that exists. */
export interface OpenBatch {
  config: BatchConfig;
  tally: Tally;
}

/**
 * Keeps one batch: what is in memory, what is stored and what the watchers know agree after every
 * step. A step is synchronous: read, change the tally, write, tell. The platform holds answers and
 * frames back until what was written is durable, so nobody is told what a crash could take back.
 */
export class Transactions {
  readonly store: Store;
  readonly #storage: DurableObjectStorage;
  readonly #settings: Settings;
  readonly #watchers: Watchers;
  readonly #cleanup: Cleanup;
  readonly #owner: OwnerSync;
  readonly #completions = new Completions();
  #open: OpenBatch | null;

  constructor(ctx: DurableObjectState, env: Env) {
    this.store = new Store(ctx.storage);
    this.#storage = ctx.storage;
    this.#settings = settings(env);
    this.#watchers = new Watchers(ctx, (pending) => this.#framesOf(pending));
    this.#cleanup = new Cleanup(ctx.storage, env.BUCKET);
    this.#owner = new OwnerSync(env, this.store);
    this.#open = this.#load();
  }

  /** Runs one step on the batch, if it exists and its time has not run out. */
  run<T>(call: (opened: OpenBatch) => Result<T>): Result<T> {
    return this.#rollBackOnError(() => {
      if (this.#open?.tally.batch.removal !== null) return unknownBatch();
      return this.#open.tally.batch.expired ? expiredBatch() : call(this.#open);
    });
  }

  /** Creates the batch with what `fill` puts into it; one that exists stays as it is. */
  create(config: BatchConfig, fill: (tally: Tally) => void): OpenBatch {
    return this.#rollBackOnError(() => {
      if (this.#open) return this.#open;
      const now = Date.now();
      this.store.saveConfig(config);
      this.#open = { config, tally: new Tally(newBatchRecord(now), []) };
      fill(this.#open.tally);
      this.commit(this.#open.tally, now);
      return this.#open;
    });
  }

  /** @param then what follows from how the files are after the reports: one change, with one rev */
  apply(
    tally: Tally,
    reports: readonly FileEvent[],
    then: () => readonly FileEvent[] = () => [],
  ): void {
    const now = Date.now();
    tally.apply(reports, now);
    const others = then();
    tally.apply(others, now);
    this.commit(tally, now);
    for (const { file, event } of [...reports, ...others]) {
      const isMultipartsEnd = event === "multipartCompleted" || event.startsWith("multipart");
      if (isMultipartsEnd && !tally.files[file]?.multipart) this.store.deleteParts(file);
    }
  }

  /** Stores what changed, then tells it: in this order, and without an await between. */
  commit(tally: Tally, now: number): void {
    const changes = tally.commit(now, this.#settings);
    if (!changes) return;
    this.store.saveRecords(tally.files, changes.files);
    this.store.saveBatch(tally.batch);
    this.#cleanup.schedule(tally, now);
    const isNews = this.#open !== null && this.#owner.hasUpdate(this.#open);
    if (isNews || leavesOrphans(tally, changes)) this.#cleanup.runNow(now);
    this.#watchers.broadcast(changes);
  }

  /** The completion of a file whose parts are all there, for the one who is to do it now. */
  claimCompletion({ files }: Tally, id: number): MultipartCompletion | null {
    const file = files[id];
    return file ? this.#completions.claim(id, file, this.store, Date.now()) : null;
  }

  releaseCompletion(id: number): void {
    this.#completions.release(id);
  }

  /** Has what R2 holds and nobody wants cleared away soon. */
  scheduleCleanup(): void {
    this.#cleanup.runNow(Date.now());
  }

  /** Takes a watcher in, where there is room. @param address where it comes from, if that is known */
  addWatcher(
    opened: OpenBatch,
    socket: WebSocket,
    { since, address }: { since: number | null; address: string | null },
  ): Result<null> {
    const most = this.#reachedLimit(address);
    if (most !== null) return tooManyWatchers(most);
    const snapshot = () => initialFrames({ ...opened, store: this.store }, since);
    this.#watchers.add(socket, snapshot, address);
    return ok(null);
  }

  /** The limit of watchers that does not allow one more from this address; null if all do. */
  #reachedLimit(address: string | null): number | null {
    const { watchersPerBatch, watchersPerAddress } = this.#settings;
    if (this.#watchers.count() >= (watchersPerBatch ?? Infinity)) return watchersPerBatch;
    if (address === null) return null;
    const fromAddress = this.#watchers.count(address);
    return fromAddress >= (watchersPerAddress ?? Infinity) ? watchersPerAddress : null;
  }

  rejectMessage(socket: WebSocket): void {
    this.#watchers.rejectMessage(socket);
  }

  ackClose(socket: WebSocket): void {
    this.#watchers.ackClose(socket);
  }

  /** The alarm: does what nobody else may be left to do. */
  async onAlarm(): Promise<void> {
    this.#cleanup.onAlarm();
    if (!this.#open) return;
    const { tally } = this.#open;
    const now = Date.now();
    const isDue = tally.batch.expiresAt <= now;
    const isLast = isDue && tally.batch.removal !== null;
    if (isDue && !isLast) this.#expire(tally, now);
    this.apply(tally, timeoutEvents(tally, now));
    const isTidy = (await this.#runTasks(this.#open)) && isClean(this.#open.tally);
    if (isLast && isTidy) await this.#deleteStorage();
    else this.#cleanup.schedule(this.#open.tally, Date.now(), isTidy);
  }

  /**
   * Removes the batch and its files: for whoever asks it is gone at once. What is in flight to R2
   * still arrives there, so it is forgotten only when the last of that has been swept up.
   */
  remove(): Result<{ event: BatchEvent; folder: string }> {
    return this.#rollBackOnError(() => {
      if (!this.#open) return unknownBatch();
      const { config, tally } = this.#open;
      const now = Date.now();
      if (tally.batch.removal !== "everything") tally.remove("everything", now);
      this.commit(tally, now);
      this.#watchers.closeAll();
      return ok({ event: batchEvent(config.id, tally), folder: config.folder });
    });
  }

  /** A batch that is not finished in time is called off; of one that is over the records go. */
  #expire(tally: Tally, now: number): void {
    if (tally.state !== "completed" && tally.state !== "cancelled") return tally.expire(now);
    tally.remove("records", now);
    this.#watchers.closeAll();
  }

  /** Nothing of the batch is left here. */
  async #deleteStorage(): Promise<void> {
    this.#open = null;
    await this.#storage.deleteAlarm();
    await this.#storage.deleteAll();
  }

  /** @returns whether R2 could do all that it was asked to; if not, it is for the next alarm */
  async #runTasks(opened: OpenBatch): Promise<boolean> {
    let isTidy = true;
    // One file's trouble is not another's.
    for (const chore of this.#cleanupTasks(opened)) isTidy = (await this.#runTask(chore)) && isTidy;
    return isTidy;
  }

  #cleanupTasks(opened: OpenBatch): (() => Promise<FileEvent[]>)[] {
    const { config, tally } = opened;
    const { cancelled, removal } = tally.batch;
    const isKept = (id: number) =>
      removal !== "everything" && tally.files[id]?.state === "completed";
    const completions = [...tally.files.keys()].flatMap(
      (id) => this.claimCompletion(tally, id) ?? [],
    );
    const chores = [
      ...completions.map((completion) => () => this.#cleanup.complete(completion)),
      ...abandonedUploads(tally).map((upload) => () => this.#cleanup.abort(upload)),
    ];
    if (cancelled || removal) chores.push(() => this.#cleanup.deleteObjects(config.folder, isKept));
    return [...chores, () => this.#owner.sync(opened)];
  }

  async #runTask(chore: () => Promise<FileEvent[]>): Promise<boolean> {
    try {
      const reports = await chore();
      if (this.#open) this.apply(this.#open.tally, reports);
      return true;
    } catch (error) {
      console.error(JSON.stringify({ batch: this.#open?.config.id, error: String(error) }));
      return false;
    }
  }

  #load(): OpenBatch | null {
    const stored = this.store.load();
    return stored
      ? { config: stored.config, tally: new Tally(stored.batch, stored.records) }
      : null;
  }

  /** Should a step throw, neither storage nor memory keeps any of it. */
  #rollBackOnError<T>(step: () => T): T {
    try {
      return this.#storage.transactionSync(step);
    } catch (error) {
      this.#open = this.#load();
      throw error;
    }
  }

  #framesOf(pending: PendingUpdate): Frame[] {
    return this.#open ? updateFrames({ ...this.#open, store: this.store }, pending) : [];
  }
}

/** Did this change leave something in R2 that nobody wants any more? */
function leavesOrphans({ batch, files }: Tally, changes: ChangeSet): boolean {
  if (changes.batch && (batch.cancelled || batch.removal)) return true;
  return [...changes.files].some((id) => {
    const file = files[id];
    return file !== undefined && isAbandoned(file);
  });
}
