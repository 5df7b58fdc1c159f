/** Runs tasks side by side, up to a number of tasks and to a sum of their weights. */
export class Semaphore {
  readonly #maxTasks: number;
  readonly #maxWeight: number;
  readonly #running = new Set<Promise<void>>();
  #weight = 0;
  readonly #errors: unknown[] = [];

  constructor({ tasks, weight = Infinity }: { tasks: number; weight?: number }) {
    this.#maxTasks = tasks;
    this.#maxWeight = weight;
  }

  /**
   * Resolves once the task has started; `drained()` throws its error. A task that is heavier than the
   * maximum runs alone.
   */
  async run(task: () => Promise<void>, weight = 0): Promise<void> {
    await this.#until(() => this.#running.size < this.#maxTasks && this.#hasCapacity(weight));
    this.#weight += weight;
    const running: Promise<void> = task()
      .catch((error: unknown) => void this.#errors.push(error))
      .finally(() => {
        this.#running.delete(running);
        this.#weight -= weight;
      });
    this.#running.add(running);
  }

  /** Resolves once `weight` more would be within the maximum, or no task runs. */
  async capacityFor(weight: number): Promise<void> {
    await this.#until(() => this.#hasCapacity(weight));
  }

  /** Resolves once all tasks have ended. Throws the first error of a task. */
  async drained(): Promise<void> {
    await Promise.all(this.#running);
    if (this.#errors.length > 0) throw this.#errors[0];
  }

  #hasCapacity(weight: number): boolean {
    return this.#weight + weight <= this.#maxWeight;
  }

  async #until(isReady: () => boolean): Promise<void> {
    while (this.#running.size > 0 && !isReady()) await Promise.race(this.#running);
  }
}
