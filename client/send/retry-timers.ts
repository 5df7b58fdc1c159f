interface Nap {
  run: () => void;
  isLight: boolean;
}

/** What is to be done after a while. */
export class Naps {
  readonly #naps = new Map<ReturnType<typeof setTimeout>, Nap>();

  /**
   * Does something after so many milliseconds.
   *
   * @param isLight may it be done sooner?
   */
  after(ms: number, run: () => void, isLight: boolean): void {
    const timer = setTimeout(() => this.#end(timer, run), ms);
    this.#naps.set(timer, { run, isLight });
  }

  /** Does now what may be done sooner. */
  wake(): void {
    const light = [...this.#naps].filter(([, { isLight }]) => isLight);
    for (const [timer, { run }] of light) this.#end(timer, run);
  }

  /** Forgets it all. */
  clear(): void {
    for (const timer of this.#naps.keys()) clearTimeout(timer);
    this.#naps.clear();
  }

  #end(timer: ReturnType<typeof setTimeout>, run: () => void): void {
    clearTimeout(timer);
    this.#naps.delete(timer);
    run();
  }
}
