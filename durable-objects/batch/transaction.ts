import type { Frame } from "../../protocol/index.ts";
import { answer, type Answer, expiredBatch, tooManyWatchers, unknownBatch } from "./refusals.ts";
import { abandonedUploads, Caretaker, isAbandoned, isDone, reportsOfSilence } from "./cleanup.ts";
import type { Report } from "./file.ts";
import type { Pending } from "./frame-queue.ts";
import { framesOf, greeting } from "./frames.ts";
import { lifetimeOf } from "./lifetime.ts";
import type { BatchNews } from "../owner/index.ts";
import { newsOf, OwnerReport } from "./owner-sync.ts";
import { Assemblies, type Assembly } from "./parts.ts";
import { type BatchCharter, Store } from "./store.ts";
import { type ChangeSet, type Lifetime, newBatchRecord, Tally } from "./tally.ts";
import { folderOf } from "./limits.ts";
import { type WatcherRoom, watcherRoomOf } from "./watcher-room.ts";
import { Watchers } from "./watchers.ts";

/** A batch that exists. */
export interface Opened {
  charter: BatchCharter;
  tally: Tally;
}

/**
 * Keeps one batch: what is in memory, what is stored and what the watchers know agree after every
 * step. A step is synchronous: read, change the tally, write, tell. The platform holds answers and
 * frames back until what was written is durable, so nobody is told what a crash could take back.
 */
export class Keeper {
  readonly store: Store;
  readonly #storage: DurableObjectStorage;
  readonly #lifetime: Lifetime;
  readonly #room: WatcherRoom;
  readonly #watchers: Watchers;
  readonly #caretaker: Caretaker;
  readonly #owner: OwnerReport;
  readonly #assemblies = new Assemblies();
  #opened: Opened | null;

  constructor(ctx: DurableObjectState, env: Env) {
    this.store = new Store(ctx.storage);
    this.#storage = ctx.storage;
    this.#lifetime = lifetimeOf(env);
    this.#room = watcherRoomOf(env);
    this.#watchers = new Watchers(ctx, (pending) => this.#framesOf(pending));
    this.#caretaker = new Caretaker(ctx.storage, env.BUCKET);
    this.#owner = new OwnerReport(env, this.store);
    this.#opened = this.#load();
  }

  /** Runs one step on the batch, if it exists and its time has not run out. */
  step<T>(call: (opened: Opened) => Answer<T>): Answer<T> {
    return this.#undoOnError(() => {
      if (this.#opened?.tally.batch.removal !== null) return unknownBatch();
      return this.#opened.tally.batch.expired ? expiredBatch() : call(this.#opened);
    });
  }

  /** Creates the batch with what `fill` puts into it; one that exists stays as it is. */
  create(charter: BatchCharter, fill: (tally: Tally) => void): Opened {
    return this.#undoOnError(() => {
      if (this.#opened) return this.#opened;
      const now = Date.now();
      this.store.saveCharter(charter);
      this.#opened = { charter, tally: new Tally(newBatchRecord(now), []) };
      fill(this.#opened.tally);
      this.commit(this.#opened.tally, now);
      return this.#opened;
    });
  }

  /** @param then what follows from how the files are after the reports: one change, with one rev */
  apply(tally: Tally, reports: readonly Report[], then: () => readonly Report[] = () => []): void {
    const now = Date.now();
    tally.apply(reports, now);
    const others = then();
    tally.apply(others, now);
    this.commit(tally, now);
    for (const { file, event } of [...reports, ...others]) {
      const isMultipartsEnd = event === "assembled" || event.startsWith("multipart");
      if (isMultipartsEnd && !tally.files[file]?.multipart) this.store.deleteParts(file);
    }
  }

  /** Stores what changed, then tells it: in this order, and without an await between. */
  commit(tally: Tally, now: number): void {
    const changes = tally.commit(now, this.#lifetime);
    if (!changes) return;
    this.store.saveRecords(tally.files, changes.files);
    this.store.saveBatch(tally.batch);
    this.#caretaker.schedule(tally, now);
    const isNews = this.#opened !== null && this.#owner.isNews(this.#opened);
    if (isNews || isUntidy(tally, changes)) this.#caretaker.hurry(now);
    this.#watchers.tell(changes);
  }

  /** The assembly of a file whose parts are all there, for the one who is to do it now. */
  claimAssembly({ files }: Tally, id: number): Assembly | null {
    const file = files[id];
    return file ? this.#assemblies.claim(id, file, this.store, Date.now()) : null;
  }

  releaseAssembly(id: number): void {
    this.#assemblies.release(id);
  }

  /** Has what R2 holds and nobody wants cleared away soon. */
  tidySoon(): void {
    this.#caretaker.hurry(Date.now());
  }

  /** Takes a watcher in, where there is room. @param address where it comes from, if that is known */
  welcome(
    opened: Opened,
    socket: WebSocket,
    { since, address }: { since: number | null; address: string | null },
  ): Answer<null> {
    const { all, address: each } = this.#room;
    if (this.#watchers.count() >= all) return tooManyWatchers(all);
    if (address !== null && this.#watchers.count(address) >= each) return tooManyWatchers(each);
    const snapshot = () => greeting({ ...opened, store: this.store }, since);
    this.#watchers.accept(socket, snapshot, address);
    return answer(null);
  }

  refuse(socket: WebSocket): void {
    this.#watchers.refuse(socket);
  }

  partWith(socket: WebSocket): void {
    this.#watchers.partWith(socket);
  }

  /** The alarm: does what nobody else may be left to do. */
  async takeCare(): Promise<void> {
    this.#caretaker.awake();
    if (!this.#opened) return;
    const { tally } = this.#opened;
    const now = Date.now();
    const isDue = tally.batch.expiresAt <= now;
    const isLast = isDue && tally.batch.removal !== null;
    if (isDue && !isLast) this.#timeOut(tally, now);
    this.apply(tally, reportsOfSilence(tally, now));
    const isTidy = (await this.#tidy(this.#opened)) && isDone(this.#opened.tally);
    if (isLast && isTidy) await this.#forget();
    else this.#caretaker.schedule(this.#opened.tally, Date.now(), isTidy);
  }

  /**
   * Removes the batch and its files: for whoever asks it is gone at once. What is in flight to R2
   * still arrives there, so it is forgotten only when the last of that has been swept up.
   */
  remove(): Answer<{ news: BatchNews; folder: string }> {
    return this.#undoOnError(() => {
      if (!this.#opened) return unknownBatch();
      const { charter, tally } = this.#opened;
      const now = Date.now();
      if (tally.batch.removal !== "everything") tally.remove("everything", now);
      this.commit(tally, now);
      this.#watchers.dismiss();
      return answer({ news: newsOf(charter.id, tally), folder: folderOf(charter) });
    });
  }

  /** A batch that is not finished in time is called off; of one that is over the records go. */
  #timeOut(tally: Tally, now: number): void {
    if (tally.state !== "completed" && tally.state !== "cancelled") return tally.expire(now);
    tally.remove("records", now);
    this.#watchers.dismiss();
  }

  /** Nothing of the batch is left here. */
  async #forget(): Promise<void> {
    this.#opened = null;
    await this.#storage.deleteAlarm();
    await this.#storage.deleteAll();
  }

  /** @returns whether R2 could do all that it was asked to; if not, it is for the next alarm */
  async #tidy(opened: Opened): Promise<boolean> {
    let isTidy = true;
    // One file's trouble is not another's.
    for (const chore of this.#chores(opened)) isTidy = (await this.#isDone(chore)) && isTidy;
    return isTidy;
  }

  #chores(opened: Opened): (() => Promise<Report[]>)[] {
    const { charter, tally } = opened;
    const { cancelled, removal } = tally.batch;
    const isKept = (id: number) =>
      removal !== "everything" && tally.files[id]?.state === "completed";
    const assemblies = [...tally.files.keys()].flatMap((id) => this.claimAssembly(tally, id) ?? []);
    const chores = [
      ...assemblies.map((assembly) => () => this.#caretaker.assemble(assembly)),
      ...abandonedUploads(tally).map((upload) => () => this.#caretaker.abort(upload)),
    ];
    if (cancelled || removal) chores.push(() => this.#caretaker.sweep(folderOf(charter), isKept));
    return [...chores, () => this.#owner.tell(opened)];
  }

  async #isDone(chore: () => Promise<Report[]>): Promise<boolean> {
    try {
      const reports = await chore();
      if (this.#opened) this.apply(this.#opened.tally, reports);
      return true;
    } catch (error) {
      console.error(JSON.stringify({ batch: this.#opened?.charter.id, error: String(error) }));
      return false;
    }
  }

  #load(): Opened | null {
    const stored = this.store.load();
    return stored
      ? { charter: stored.charter, tally: new Tally(stored.batch, stored.records) }
      : null;
  }

  /** Should a step throw, neither storage nor memory keeps any of it. */
  #undoOnError<T>(step: () => T): T {
    try {
      return this.#storage.transactionSync(step);
    } catch (error) {
      this.#opened = this.#load();
      throw error;
    }
  }

  #framesOf(pending: Pending): Frame[] {
    return this.#opened ? framesOf({ ...this.#opened, store: this.store }, pending) : [];
  }
}

/** Did this change leave something in R2 that nobody wants any more? */
function isUntidy({ batch, files }: Tally, changes: ChangeSet): boolean {
  if (changes.batch && (batch.cancelled || batch.removal)) return true;
  return [...changes.files].some((id) => {
    const file = files[id];
    return file !== undefined && isAbandoned(file);
  });
}
