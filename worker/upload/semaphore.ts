/** Runs tasks side by side, so many at a time. */
export class Semaphore {
  readonly #limit: number;
  readonly #running = new Set<Promise<void>>();
  readonly #errors: unknown[] = [];

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Resolves once the task has begun; how it ends is told by `drained()`. */
  async run(task: () => Promise<void>): Promise<void> {
    while (this.#running.size >= this.#limit) await Promise.race(this.#running);
    const running: Promise<void> = task()
      .catch((error: unknown) => void this.#errors.push(error))
      .finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  /** Resolves once all tasks have ended; throws what the first failed one threw. */
  async drained(): Promise<void> {
    await Promise.all(this.#running);
    if (this.#errors.length > 0) throw this.#errors[0];
  }
}
