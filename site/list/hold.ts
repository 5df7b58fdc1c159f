import { type ReadonlySignal, signal } from "@preact/signals";

/** Time after a key or a touch for which the rows stay in their places, in ms. */
const PAUSE_MS = 3000;
/**
 * The same for a pointer that rests on them: long enough to read a row and decide. A pointer that was left
 * there must not stop the list for good.
 */
const REST_MS = 30_000;

/**
 * Keeps rows in their places while a person points at them or moves among them by keyboard: otherwise
 * a row that moves between the look and the click gives its button to another file.
 */
export class Hold {
  readonly #isHeld = signal(false);
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Time at which a pause ends the hold, in ms. */
  #end = 0;

  get isHeld(): ReadonlySignal<boolean> {
    return this.#isHeld;
  }

  /** Holds the rows until `release`, or for some time. @param isResting true while a pointer is on them */
  keep(isResting = false): void {
    const ms = isResting ? REST_MS : PAUSE_MS;
    const end = performance.now() + ms;
    if (end <= this.#end) return;
    clearTimeout(this.#timer);
    this.#end = end;
    this.#isHeld.value = true;
    this.#timer = setTimeout(() => this.release(), ms);
  }

  release(): void {
    clearTimeout(this.#timer);
    this.#end = 0;
    this.#isHeld.value = false;
  }
}
