import { batch, signal } from "@preact/signals";

/** Time without a byte after which a page says why nothing moves. */
const STILL_AFTER_MS = 10_000;

const MINUTE_S = 60;
const HOUR_S = 3600;

/** How long nothing has moved in a batch. Sampled by a timer, as nothing else happens then. */
export class Stillness {
  /** Seconds, rounded to a step that grows with them; null if something has moved in the last ten. */
  readonly seconds = signal<number | null>(null);
  /** True until something moves. */
  readonly isFirst = signal(true);
  #progress: string | null = null;
  #movedAtMs = 0;

  /**
   * @param progress differs from the last one if something has moved
   * @param isWaiting false if nothing is expected to move
   * @param nowMs a monotonic clock, in milliseconds
   */
  sample(progress: string, isWaiting: boolean, nowMs: number): void {
    const hasMoved = this.#progress !== null && this.#progress !== progress;
    if (hasMoved || !isWaiting || this.#progress === null) this.#movedAtMs = nowMs;
    this.#progress = progress;
    const ms = nowMs - this.#movedAtMs;
    batch(() => {
      if (hasMoved) this.isFirst.value = false;
      this.seconds.value = ms < STILL_AFTER_MS ? null : roundedStill(ms / 1000);
    });
  }
}

/** Rounds down, so that the text changes at most every ten seconds, and later with every minute or hour. */
export function roundedStill(seconds: number): number {
  if (seconds < 30) return 10;
  if (seconds < MINUTE_S) return 30;
  const step = seconds < HOUR_S ? MINUTE_S : HOUR_S;
  return Math.floor(seconds / step) * step;
}
