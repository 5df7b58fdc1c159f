import { SECOND_MS } from "../../protocol/index.ts";
import type { Store } from "./store.ts";
import type { ChangeSet, StoredBatch, Tally } from "./tally.ts";

/** Changes for which a row that is ahead needs not be written again. */
const REV_RESERVE = 1000;
/** Minimum time between two writes of the row that no event of the batch itself requires. */
const SAVE_INTERVAL_MS = SECOND_MS;

/**
 * Decides when the batch's own row is written. Each write costs money, and most changes are those of
 * files. So the row is written
 *
 * - when the batch itself changes or is completed;
 * - when rev reaches the stored one, which is a reserve ahead while files change: a rev that was
 *   reported never comes back for another state;
 * - otherwise at most once a second, while stored files change and after the last change.
 */
export class BatchRow {
  readonly #store: Store;
  readonly #onDue: () => void;
  #rev = 0;
  #isAhead = false;
  /** True if records were written after the row. */
  #isOutdated = false;
  #timer: ReturnType<typeof setTimeout> | null = null;

  /** @param onDue called when `saveDue` should be, in a transaction */
  constructor(store: Store, onDue: () => void) {
    this.#store = store;
    this.#onDue = onDue;
  }

  /** Forgets what was written, as after a rollback. @param stored the row as it is stored */
  reset(stored: StoredBatch | null): void {
    this.#rev = stored?.rev ?? 0;
    this.#isAhead = stored?.isAhead ?? false;
    this.#isOutdated = false;
    this.#stop();
  }

  /** Writes the row if a change requires that. Otherwise it is written later. */
  save(tally: Tally, changes: ChangeSet): void {
    const isEvent = changes.batch || changes.completed;
    this.#isOutdated ||= changes.durable.size > 0;
    if (isEvent || tally.batch.rev > this.#rev) this.#write(tally, !isEvent || tally.isUploading);
    this.#schedule(tally);
  }

  /** Writes the row after `onDue`, unless it is up to date. */
  saveDue(tally: Tally): void {
    this.#timer = null;
    const isBusy = this.#isOutdated || tally.isUploading;
    if (this.#isDue(tally)) this.#write(tally, isBusy);
    this.#schedule(tally);
  }

  #write(tally: Tally, isAhead: boolean): void {
    const { batch } = tally;
    if (this.#isAhead && !isAhead) batch.requeuedRev = batch.rev;
    this.#rev = batch.rev + (isAhead ? REV_RESERVE : 0);
    this.#isAhead = isAhead;
    this.#isOutdated = false;
    this.#store.saveBatch({ ...batch, rev: this.#rev, isAhead });
  }

  /** A timer keeps the object in memory, so none is set while the row may stay as it is. */
  #schedule(tally: Tally): void {
    if (!this.#isDue(tally)) return this.#stop();
    this.#timer ??= setTimeout(this.#onDue, SAVE_INTERVAL_MS);
  }

  #isDue(tally: Tally): boolean {
    return this.#isOutdated || (this.#isAhead && !tally.isUploading);
  }

  #stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}
