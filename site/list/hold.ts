import { type ReadonlySignal, signal } from "@preact/signals";

/** Time without a movement or a key after which the list may move its rows again, in ms. */
const PAUSE_MS = 3000;

/**
 * Keeps rows in their places while a person points at them or moves among them by keyboard: otherwise
 * a row that moves between the look and the click gives its button to another file.
 */
export class Hold {
  readonly #isHeld = signal(false);
  #timer: ReturnType<typeof setTimeout> | undefined;

  get isHeld(): ReadonlySignal<boolean> {
    return this.#isHeld;
  }

  /** Holds the rows until `release`, or until a pause. */
  keep(): void {
    clearTimeout(this.#timer);
    this.#isHeld.value = true;
    this.#timer = setTimeout(() => this.release(), PAUSE_MS);
  }

  release(): void {
    clearTimeout(this.#timer);
    this.#isHeld.value = false;
  }
}
