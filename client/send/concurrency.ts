/** Why nothing new is begun at the moment. */
export type PauseReason =
  | "paused"
  | "pausing"
  | "bandwidth"
  | "offline"
  | "connecting"
  | "ratelimited"
  | "stopped";

interface ConcurrencyLimiterOptions<Job> {
  /** Jobs at a time. */
  limit: number;
  /** The next job, or undefined while there is none. */
  next: () => Job | undefined;
  /** Does a job. Rejects with the signal's reason when it is aborted, and with nothing else. */
  run: (job: Job, signal: AbortSignal) => Promise<void>;
}

/** Does jobs side by side, a few at a time. */
export class ConcurrencyLimiter<Job> {
  readonly #options: ConcurrencyLimiterOptions<Job>;
  readonly #holds = new Set<PauseReason>();
  readonly #running = new Map<Job, AbortController>();

  constructor(options: ConcurrencyLimiterOptions<Job>) {
    this.#options = options;
  }

  /** Begins nothing new until released; what runs goes on. */
  pause(why: PauseReason): void {
    this.#holds.add(why);
  }

  resume(why: PauseReason): void {
    this.#holds.delete(why);
    this.fill();
  }

  /** Begins what there is room for. */
  fill(): void {
    while (this.#running.size < this.#options.limit && this.#holds.size === 0) {
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
    this.pause("stopped");
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
