/** What is to be done after a while, or sooner when it is woken. */
export class Naps {
  readonly #naps = new Map<ReturnType<typeof setTimeout>, () => void>();

  /** Does something after so many milliseconds. */
  after(ms: number, run: () => void): void {
    const timer = setTimeout(() => {
      this.#naps.delete(timer);
      run();
    }, ms);
    this.#naps.set(timer, run);
  }

  /** Does it all now. */
  wake(): void {
    const runs = [...this.#naps.values()];
    this.clear();
    for (const run of runs) run();
  }

  /** Forgets it all. */
  clear(): void {
    for (const timer of this.#naps.keys()) clearTimeout(timer);
    this.#naps.clear();
  }
}
