/** Waits for a time in which nothing arrives. */
export class Silence {
  readonly #ms: number | null;
  readonly #onSilence: () => void;
  #timer: ReturnType<typeof setTimeout> | null = null;

  /** @param ms null for any time */
  constructor(ms: number | null, onSilence: () => void) {
    this.#ms = ms;
    this.#onSilence = onSilence;
  }

  restart(): void {
    this.end();
    if (this.#ms !== null) this.#timer = setTimeout(this.#onSilence, this.#ms);
  }

  end(): void {
    clearTimeout(this.#timer);
  }
}
