import type { Frame } from "../../protocol/index.ts";
import { type Answer, expiredBatch, unknownBatch } from "./answers.ts";
import { abandonedUploads, Caretaker, isAbandoned, reportsOfSilence } from "./caretaker.ts";
import type { Report } from "./file-record.ts";
import type { Pending } from "./frame-queue.ts";
import { framesOf, greeting } from "./frames.ts";
import { Assemblies, type Assembly } from "./part-upload.ts";
import { type BatchCharter, Store } from "./store.ts";
import { type Lifetime, newBatchRecord, Tally } from "./tally.ts";
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
  readonly #watchers: Watchers;
  readonly #caretaker: Caretaker;
  readonly #assemblies = new Assemblies();
  #opened: Opened | null;

  constructor(ctx: DurableObjectState, bucket: R2Bucket, lifetime: Lifetime) {
    this.store = new Store(ctx.storage);
    this.#storage = ctx.storage;
    this.#lifetime = lifetime;
    this.#watchers = new Watchers(ctx, (pending) => this.#framesOf(pending));
    this.#caretaker = new Caretaker(ctx.storage, bucket);
    this.#opened = this.#load();
  }

  /** Runs one step on the batch, if it exists and its time has not run out. */
  step<T>(call: (opened: Opened) => Answer<T>): Answer<T> {
    return this.#undoOnError(() => {
      if (!this.#opened) return unknownBatch();
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

  apply(tally: Tally, reports: readonly Report[]): void {
    const now = Date.now();
    tally.apply(reports, now);
    this.commit(tally, now);
    for (const { file, event } of reports) {
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
    if (leavesParts(tally, changes.files)) this.#caretaker.hurry(now);
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

  /** Takes a watcher in. */
  welcome(opened: Opened, socket: WebSocket, since: number | null): void {
    this.#watchers.accept(socket, () => greeting({ ...opened, store: this.store }, since));
  }

  refuse(socket: WebSocket): void {
    this.#watchers.refuse(socket);
  }

  /** The alarm: does what nobody else may be left to do. */
  async takeCare(): Promise<void> {
    this.#caretaker.awake();
    if (!this.#opened) return;
    const { tally } = this.#opened;
    const now = Date.now();
    if (tally.batch.expiresAt <= now && !isOver(tally)) tally.expire(now);
    this.apply(tally, reportsOfSilence(tally, now));
    await this.#tidy(tally, now);
    if (this.#opened?.tally !== tally) return;
    const isDue = tally.batch.expiresAt <= now && isOver(tally);
    if (isDue && abandonedUploads(tally, now).length === 0) return this.destroy();
    this.#caretaker.schedule(tally, Date.now());
  }

  /** Forgets the batch: its watchers are let go, and nothing of it is left here. */
  async destroy(): Promise<void> {
    this.#watchers.dismiss();
    this.#opened = null;
    await this.#storage.deleteAlarm();
    await this.#storage.deleteAll();
  }

  async #tidy(tally: Tally, now: number): Promise<void> {
    for (const id of tally.files.keys()) {
      const assembly = this.claimAssembly(tally, id);
      if (assembly) await this.#applyLater(tally, this.#caretaker.assemble(assembly));
    }
    for (const upload of abandonedUploads(tally, now)) {
      await this.#applyLater(tally, this.#caretaker.abort(upload));
    }
  }

  /** What R2 cannot do now is left to the next alarm; one file's trouble is not another's. */
  async #applyLater(tally: Tally, reports: Promise<Report[]>): Promise<void> {
    const done = await reports.catch((error: unknown) => {
      console.error(JSON.stringify({ batch: this.#opened?.charter.id, error: String(error) }));
      return [];
    });
    // Meanwhile the batch may have been deleted: nothing of it is to come back.
    if (this.#opened?.tally === tally) this.apply(tally, done);
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

function isOver({ state }: Tally): boolean {
  return state === "completed" || state === "cancelled";
}

/** Does R2 hold parts of some of these files that will not be sent any more? */
function leavesParts({ files }: Tally, changed: ReadonlySet<number>): boolean {
  return [...changed].some((id) => {
    const file = files[id];
    return file !== undefined && isAbandoned(file);
  });
}
