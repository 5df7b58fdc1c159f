import { batch, type Signal } from "@preact/signals";

/** Time without a byte after which a page says why nothing moves. */
const STILL_AFTER_MS = 10_000;

const MINUTE_S = 60;
const HOUR_S = 3600;

/** How long nothing has moved in a batch. */
interface ShownStillness {
  /** Seconds, rounded to a step that grows with them; null if something has moved in the last ten. */
  seconds: Signal<number | null>;
  /** True until something moves. */
  isFirst: Signal<boolean>;
}

/** Measures how long nothing has moved in a batch. */
export class Stillness {
  readonly #shown: ShownStillness;
  #progress: string | null = null;
  #movedAtMs = 0;

  /** @param shown receives the results */
  constructor(shown: ShownStillness) {
    this.#shown = shown;
  }

  /**
   * @param progress differs from the last one if something has moved
   * @param isWaiting false if nothing is expected to move
   * @param nowMs a monotonic clock, in milliseconds
   * @returns true if something has moved
   */
  sample(progress: string, isWaiting: boolean, nowMs: number): boolean {
    const hasMoved = this.#progress !== null && this.#progress !== progress;
    if (hasMoved || !isWaiting || this.#progress === null) this.#movedAtMs = nowMs;
    this.#progress = progress;
    const ms = nowMs - this.#movedAtMs;
    batch(() => {
      if (hasMoved) this.#shown.isFirst.value = false;
      this.#shown.seconds.value = ms < STILL_AFTER_MS ? null : roundedStill(ms / 1000);
    });
    return hasMoved;
  }
}

/** Rounds down, so that the text changes at most every ten seconds, and later with every minute or hour. */
export function roundedStill(seconds: number): number {
  if (seconds < 30) return 10;
  if (seconds < MINUTE_S) return 30;
  const step = seconds < HOUR_S ? MINUTE_S : HOUR_S;
  return Math.floor(seconds / step) * step;
}
