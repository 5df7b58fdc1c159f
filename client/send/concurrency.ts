/**
 * A reason to start no new requests.
 *
 * | reason | meaning |
 * |---|---|
 * | `paused` | the batch is paused |
 * | `pausing` | the server is being asked to pause the batch |
 * | `bandwidth` | the bandwidth limit is used up for now |
 * | `offline` | the server can't be reached |
 * | `connecting` | live updates aren't connected yet |
 * | `ratelimited` | the server asked to wait |
 * | `stopped` | nothing more will be sent |
 */
export type PauseReason =
  | "paused"
  | "pausing"
  | "bandwidth"
  | "offline"
  | "connecting"
  | "ratelimited"
  | "stopped";

interface ConcurrencyLimiterOptions<Task> {
  /** Returns the number of tasks at a time. */
  limit: () => number;
  /** Returns the next task, or undefined if there is none at the moment. */
  next: () => Task | undefined;
  /** Runs a task. May reject only with the signal's reason, once aborted. */
  run: (task: Task, signal: AbortSignal) => Promise<void>;
}

/** Runs tasks concurrently, a few at a time, and can be paused for several reasons at once. */
export class ConcurrencyLimiter<Task> {
  readonly #options: ConcurrencyLimiterOptions<Task>;
  readonly #pauses = new Set<PauseReason>();
  readonly #running = new Map<Task, AbortController>();

  constructor(options: ConcurrencyLimiterOptions<Task>) {
    this.#options = options;
  }

  /** True if this reason alone keeps all tasks from running. */
  isHeldBy(reason: PauseReason): boolean {
    return this.#running.size === 0 && this.#pauses.size === 1 && this.#pauses.has(reason);
  }

  /** Starts no new tasks until resumed. Running tasks continue. */
  pause(reason: PauseReason): void {
    this.#pauses.add(reason);
  }

  /** Removes one reason, and starts tasks if it was the last one. */
  resume(reason: PauseReason): void {
    this.#pauses.delete(reason);
    this.fill();
  }

  /** Starts tasks up to the limit. */
  fill(): void {
    while (this.#running.size < this.#options.limit() && this.#pauses.size === 0) {
      const task = this.#options.next();
      if (task === undefined) return;
      void this.#run(task);
    }
  }

  /** Aborts the running tasks that are no longer needed. */
  abort(isUnneeded: (task: Task) => boolean): void {
    for (const [task, controller] of this.#running) {
      if (isUnneeded(task)) controller.abort();
    }
  }

  /** Starts no more tasks, and aborts the running ones. */
  stop(): void {
    this.pause("stopped");
    this.abort(() => true);
  }

  async #run(task: Task): Promise<void> {
    const controller = new AbortController();
    this.#running.set(task, controller);
    try {
      await this.#options.run(task, controller.signal);
    } catch (error) {
      if (!controller.signal.aborted) throw error;
    } finally {
      this.#running.delete(task);
      this.fill();
    }
  }
}

/** Runs `run` for each item, at most `limit` at a time. Rejects with the first error. */
export async function forEachConcurrently<Item>(
  items: readonly Item[],
  limit: number,
  run: (item: Item) => Promise<void>,
): Promise<void> {
  const left = items.values();
  const runSome = async () => {
    for (const item of left) await run(item);
  };
  await Promise.all(Array.from({ length: limit }, runSome));
}
