import type { Settings } from "../settings.ts";
import { isTokenEnded, type TokenAccess } from "./access.ts";
import { BatchRow } from "./batch-row.ts";
import { type FileEvent, hasNoParts } from "./file.ts";
import { isGone } from "./keeping.ts";
import { saveDigests } from "./parts.ts";
import { endedToken, expiredBatch, newerFormat, type Result, unknownBatch } from "./refusals.ts";
import { type BatchConfig, Store } from "./store.ts";
import { type ChangeSet, newBatchRecord, Tally } from "./tally.ts";
import { announceEnd } from "./webhook-event.ts";

/** Events after which the records of a file's parts may have no use any more. */
const MAY_DROP_PARTS: ReadonlySet<FileEvent["event"]> = new Set([
  "multipartOpened",
  "multipartGone",
  "multipartLost",
  "multipartAborted",
  "multipartCompleted",
  "retried",
  "objectRefused",
]);

/**
 * Events that are no activity of an uploader, and so must not put off the expiry of a batch: an object was
 * read for a download, or an upload has been silent for a minute.
 */
const NO_ACTIVITY: ReadonlySet<FileEvent["event"]> = new Set([
  "crc32Found",
  "crc32Lost",
  "timedOut",
]);

/** The operator's settings that a transaction needs. */
export type Lifetimes = Pick<
  Settings,
  "batchLifetimeMs" | "multipartLifetimeMs" | "linkLifetimeMs"
>;

type TransactionSettings = Lifetimes & Pick<Settings, "publicOrigin" | "webhook">;

/** An existing batch, as a transaction reads and changes it. */
export interface OpenBatch {
  readonly config: BatchConfig;
  /** Origin of its links; undefined if the operator has set none, and it is of an earlier version. */
  readonly origin: string | undefined;
  readonly lifetimes: Lifetimes;
  readonly tally: Tally;
  /** Holds what is not in memory: declarations and parts. */
  readonly store: Store;
  /**
   * Writes and broadcasts the changes to the tally, if there are any.
   *
   * @param now the time that counts as the batch's last change; that before if they are no activity
   */
  readonly commit: (now?: number) => void;
  /**
   * Applies events to the tally and commits.
   *
   * @param then each returns events that follow from those before, for the same commit and rev
   */
  readonly apply: (events: readonly FileEvent[], ...then: (() => readonly FileEvent[])[]) => void;
  /** Runs `effect` after the transaction, unless that throws. */
  readonly defer: (effect: () => void) => void;
}

/**
 * Runs the transactions of one batch, so that memory, storage and watchers always agree. A transaction
 * is synchronous and does four things in this order:
 *
 * 1. Read: it uses the batch in memory, which is loaded from SQLite when the object starts.
 * 2. Change: it changes the tally.
 * 3. Write: `commit()` writes the records with changes that must survive a restart.
 * 4. Broadcast: once the transaction has ended, the changes are passed to `onCommit`. A frame cannot be
 *    rolled back, and an alarm would be rolled back without the object's memory of it.
 *
 * The platform holds responses and frames back until the writes are durable, so no client sees a state
 * that a crash would take back. If a transaction throws, its writes are rolled back, its effects are
 * discarded, and the batch is loaded again.
 */
export class Transactions {
  readonly #storage: DurableObjectStorage;
  readonly #store: Store;
  readonly #settings: TransactionSettings;
  readonly #onCommit: (batch: OpenBatch, changes: ChangeSet) => void;
  readonly #row: BatchRow;
  #batch: OpenBatch | null;
  /** True if watchers may know changes that the loaded batch lacks. */
  #isInterrupted = false;
  /** Effects of the transaction that is running. */
  #effects: (() => void)[] = [];

  constructor(
    storage: DurableObjectStorage,
    settings: TransactionSettings,
    onCommit: (batch: OpenBatch, changes: ChangeSet) => void,
  ) {
    this.#storage = storage;
    this.#store = new Store(storage);
    this.#settings = settings;
    this.#onCommit = onCommit;
    this.#row = new BatchRow(this.#store, () => this.#saveRow());
    this.#batch = this.#load();
  }

  /** The batch, even if it is expired or deleted; null if none was created. */
  get batch(): OpenBatch | null {
    return this.#batch;
  }

  /** True if a later version of this code has stored the batch. Nothing may change it then. */
  get hasNewerFormat(): boolean {
    return this.#store.hasNewerFormat();
  }

  /** Returns the reason why there is no batch. */
  missing(): Result<never> {
    return this.hasNewerFormat ? newerFormat() : unknownBatch();
  }

  /**
   * Runs a caller's transaction. Refuses it if the batch is unknown, deleted or expired, or the caller's
   * token was ended.
   *
   * @param access of the token; undefined for a call of the Worker's own
   */
  run<T>(transaction: (batch: OpenBatch) => Result<T>, access?: TokenAccess): Result<T> {
    return this.runOnExpired((batch) => {
      return batch.tally.batch.expired ? expiredBatch() : transaction(batch);
    }, access);
  }

  /** Runs a caller's transaction even if the batch has expired. */
  runOnExpired<T>(transaction: (batch: OpenBatch) => Result<T>, access?: TokenAccess): Result<T> {
    const result = this.runInternal((batch) => {
      if (isGone(batch)) return unknownBatch();
      return isTokenEnded(batch.tally, access, this.#settings) ? endedToken() : transaction(batch);
    });
    return result ?? this.missing();
  }

  /** Runs a transaction of the object itself on any batch; returns null if none was created. */
  runInternal<T>(transaction: (batch: OpenBatch) => T): T | null {
    return this.#rollBackOnError(() => {
      if (!this.#batch) return null;
      if (this.#isInterrupted) this.#announceRestart(this.#batch);
      return transaction(this.#batch);
    });
  }

  /**
   * Creates the batch, filled and committed by `fill`, unless it was created before.
   *
   * @param then returns the result, of a new batch or of the existing one
   */
  create<T>(
    config: BatchConfig,
    fill: (batch: OpenBatch) => void,
    then: (batch: OpenBatch) => Result<T>,
  ): Result<T> {
    return this.#rollBackOnError(() => {
      if (this.hasNewerFormat) throw new Error("A newer version has stored this batch.");
      if (this.#store.isDeleted()) return unknownBatch();
      return then(this.#batch ?? this.#new(config, fill));
    });
  }

  #new(config: BatchConfig, fill: (batch: OpenBatch) => void): OpenBatch {
    this.#store.saveConfig(config);
    this.#batch = this.#open(config, new Tally(newBatchRecord(Date.now()), []));
    fill(this.#batch);
    return this.#batch;
  }

  /** Deletes the batch from memory and from storage. */
  async deleteAll(): Promise<void> {
    const isKeyed = this.#store.creation() !== undefined;
    this.#batch = null;
    this.#row.reset(null);
    await this.#storage.deleteAlarm();
    await this.#storage.deleteAll();
    if (isKeyed) this.#store.saveDeleted();
  }

  #load(): OpenBatch | null {
    const stored = this.hasNewerFormat ? undefined : this.#store.load();
    this.#row.reset(stored?.batch ?? null);
    this.#isInterrupted = stored?.batch.isAhead ?? false;
    return stored ? this.#open(stored.config, new Tally(stored.batch, stored.records)) : null;
  }

  #open(config: BatchConfig, tally: Tally): OpenBatch {
    const batch: OpenBatch = {
      config,
      origin: this.#settings.publicOrigin ?? config.origin,
      lifetimes: this.#settings,
      tally,
      store: this.#store,
      commit: (now = Date.now()) => this.#commit(batch, now),
      apply: (events, ...then) => this.#apply(batch, [() => events, ...then]),
      defer: (effect) => void this.#effects.push(effect),
    };
    return batch;
  }

  /** A restart is no activity, so it does not extend the lifetime of the batch. */
  #announceRestart(batch: OpenBatch): void {
    this.#isInterrupted = false;
    batch.tally.announceRestart();
    this.#commit(batch, batch.tally.batch.updatedAt);
  }

  #saveRow(): void {
    const tally = this.#batch?.tally;
    if (tally) this.#rollBackOnError(() => this.#row.saveDue(tally));
  }

  #apply(batch: OpenBatch, steps: readonly (() => readonly FileEvent[])[]): void {
    const { tally } = batch;
    const now = Date.now();
    const applied = steps.flatMap((step) => {
      const events = step();
      tally.apply(events, now);
      return events;
    });
    const isActivity = !applied.every(({ event }) => NO_ACTIVITY.has(event));
    this.#commit(batch, isActivity ? now : tally.batch.updatedAt);
    for (const event of applied) {
      const { file: id } = event;
      const file = tally.files[id];
      if (file && MAY_DROP_PARTS.has(event.event) && hasNoParts(file)) this.#store.deleteParts(id);
      if (event.event === "multipartCompleted") saveDigests(event, batch);
    }
  }

  #commit(batch: OpenBatch, now: number): void {
    const { tally } = batch;
    const changes = tally.commit(now, this.#settings);
    if (!changes) return;
    if (changes.completed && this.#settings.webhook) announceEnd(batch);
    this.#store.saveRecords(tally.files, changes.durable);
    this.#row.save(tally, changes);
    batch.defer(() => this.#onCommit(batch, changes));
  }

  #rollBackOnError<T>(transaction: () => T): T {
    const result = this.#transact(transaction);
    for (const effect of this.#takeEffects()) effect();
    return result;
  }

  #transact<T>(transaction: () => T): T {
    try {
      return this.#storage.transactionSync(transaction);
    } catch (error) {
      this.#effects = [];
      this.#batch = this.#load();
      throw error;
    }
  }

  #takeEffects(): (() => void)[] {
    const effects = this.#effects;
    this.#effects = [];
    return effects;
  }
}
