import { MINUTE_MS } from "../../protocol/index.ts";
import type { Store } from "./store.ts";

/** Time before failed work is repeated. It doubles with each failure in a row. */
const FIRST_DELAY_MS = MINUTE_MS;
/** R2 bills each attempt, and an operator may need days to remove the cause. */
export const MAX_DELAY_MS = 360 * MINUTE_MS;

/** The failures of the cleanup since it last succeeded. */
interface Failures {
  /** Time of the first one, in ms since 1970. */
  since: number;
  /** Time between the last one and the next attempt. */
  delayMs: number;
  /** Time of the next attempt; null once the cleanup has given up. */
  retryAt: number | null;
}

/** The state of a cleanup that has failed, as it is stored. */
export interface CleanupState {
  failures?: Failures;
  /** True once it was logged that a bucket lock keeps objects of the batch. */
  isLockReported?: true;
}

/**
 * Decides when the cleanup repeats work that failed: after a minute, then after twice the time, up to six
 * hours, until it gives up. A bucket may be locked or gone for good. The state is stored, because an
 * object is evicted between two alarms.
 */
export class CleanupBackoff {
  readonly #store: Store;
  readonly #patienceMs: number;
  #state: CleanupState;

  /** @param patienceMs time after the first failure in a row at which the cleanup gives up */
  constructor(store: Store, patienceMs: number) {
    this.#store = store;
    this.#patienceMs = patienceMs;
    this.#state = store.cleanupState();
  }

  /** Time at which failed work is repeated; Infinity if it is not repeated, null if none has failed. */
  get retryAt(): number | null {
    const { failures } = this.#state;
    return failures ? (failures.retryAt ?? Infinity) : null;
  }

  get isLockReported(): boolean {
    return this.#state.isLockReported === true;
  }

  /** Remembers to report the lock only once. It is stored with the failure that it causes. */
  setLockReported(): void {
    this.#state = { ...this.#state, isLockReported: true };
  }

  /** Counts a failure. @returns true if the cleanup gives up */
  fail(now: number): boolean {
    const { failures } = this.#state;
    const { since = now, delayMs: last = 0 } = failures ?? {};
    const delayMs = Math.min(Math.max(FIRST_DELAY_MS, 2 * last), MAX_DELAY_MS);
    const isOver = since + this.#patienceMs <= now;
    const retryAt = isOver ? null : now + delayMs;
    this.#save({ ...this.#state, failures: { ...failures, since, delayMs, retryAt } });
    return isOver;
  }

  /** Forgets the failures, because the work is done, or new work may succeed. */
  reset(): void {
    const { failures, ...rest } = this.#state;
    if (failures) this.#save(rest);
  }

  /** Forgets everything, because the records are deleted. */
  clear(): void {
    this.#state = {};
  }

  #save(state: CleanupState): void {
    this.#state = state;
    this.#store.saveCleanupState(state);
  }
}
