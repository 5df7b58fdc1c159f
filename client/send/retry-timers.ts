interface RetryTimer {
  run: () => void;
  canRunEarly: boolean;
}

/** What is to be done after a while. */
export class RetryTimers {
  readonly #naps = new Map<ReturnType<typeof setTimeout>, RetryTimer>();

  /**
   * Does something after so many milliseconds.
   *
   * @param isLight may it be done sooner?
   */
  schedule(ms: number, run: () => void, isLight: boolean): void {
    const timer = setTimeout(() => this.#end(timer, run), ms);
    this.#naps.set(timer, { run, canRunEarly: isLight });
  }

  /** Does now what may be done sooner. */
  runEarly(): void {
    const light = [...this.#naps].filter(([, { canRunEarly: isLight }]) => isLight);
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
