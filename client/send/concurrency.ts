/** Why nothing new is begun at the moment. */
export type Hold = "paused" | "pausing" | "pace" | "offline" | "unwatched" | "asked" | "stopped";

interface LanesOptions<Job> {
  /** Jobs at a time. */
  count: number;
  /** The next job, or undefined while there is none. */
  next: () => Job | undefined;
  /** Does a job. Rejects with the signal's reason when it is aborted, and with nothing else. */
  run: (job: Job, signal: AbortSignal) => Promise<void>;
}

/** Does jobs side by side, a few at a time. */
export class Lanes<Job> {
  readonly #options: LanesOptions<Job>;
  readonly #holds = new Set<Hold>();
  readonly #running = new Map<Job, AbortController>();

  constructor(options: LanesOptions<Job>) {
    this.#options = options;
  }

  /** Begins nothing new until released; what runs goes on. */
  hold(why: Hold): void {
    this.#holds.add(why);
  }

  release(why: Hold): void {
    this.#holds.delete(why);
    this.fill();
  }

  /** Begins what there is room for. */
  fill(): void {
    while (this.#running.size < this.#options.count && this.#holds.size === 0) {
      const job = this.#options.next();
      if (job === undefined) return;
      void this.#run(job);
    }
  }

  /** Aborts the running jobs that nobody wants any more. */
  abort(isUnwanted: (job: Job) => boolean): void {
    for (const [job, controller] of this.#running) {
      if (isUnwanted(job)) controller.abort();
    }
  }

  /** Begins nothing more, and aborts what runs. */
  stop(): void {
    this.hold("stopped");
    this.abort(() => true);
  }

  async #run(job: Job): Promise<void> {
    const controller = new AbortController();
    this.#running.set(job, controller);
    try {
      await this.#options.run(job, controller.signal);
    } catch (error) {
      if (!controller.signal.aborted) throw error;
    } finally {
      this.#running.delete(job);
      this.fill();
    }
  }
}
