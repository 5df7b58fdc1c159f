/** Time over which a rate is measured: long enough for bursts, short enough to follow a change. */
const WINDOW_MS = 12_000;
/** A rate over a shorter time would be a guess that jumps. */
const WARM_UP_MS = 2500;
/** After this time without growth the rate is unknown, and the rate before says nothing any more. */
const SILENCE_MS = 10_000;

/** Amounts grow in bursts, as the files of a bundle arrive together. */
interface Burst {
  atMs: number;
  /** Growth so far, with this burst. */
  grown: number;
}

/** The rate at which an amount grows. */
export class Growth {
  #amount: number | null = null;
  /** Those of the time that is measured, the oldest first. */
  #bursts: Burst[] = [];

  /**
   * Adds a sample. A smaller amount than before counts as no growth: a file that was cut off starts over.
   *
   * @param nowMs a monotonic clock, in milliseconds
   */
  sample(amount: number, nowMs: number): void {
    const growth = amount - (this.#amount ?? amount);
    this.#amount = amount;
    const last = this.#bursts.at(-1);
    if (growth <= 0) return;
    if (last === undefined || nowMs - last.atMs >= SILENCE_MS) this.#bursts = [];
    this.#bursts.push({ atMs: nowMs, grown: growth + (last?.grown ?? 0) });
    const start = this.#bursts.findLastIndex(({ atMs }) => atMs <= nowMs - WINDOW_MS);
    if (start > 0) this.#bursts.splice(0, start);
  }

  /** Forgets all samples. */
  clear(): void {
    this.#amount = null;
    this.#bursts = [];
  }

  /**
   * Returns the amount per second; null while unknown. It's measured from burst to burst, as a burst says
   * nothing about the time before it when it's the first, or about the time after it when it's the last.
   * A pause that is longer than all of those between bursts counts.
   */
  perSecond(nowMs: number): number | null {
    const [first, last] = [this.#bursts[0], this.#bursts.at(-1)];
    if (first === undefined || last === undefined || first === last) return null;
    if (nowMs - last.atMs >= SILENCE_MS) return null;
    const elapsedMs = Math.max(last.atMs, nowMs - this.#longestPauseMs()) - first.atMs;
    return elapsedMs < WARM_UP_MS ? null : ((last.grown - first.grown) * 1000) / elapsedMs;
  }

  #longestPauseMs(): number {
    const pauses = this.#bursts.map(
      ({ atMs }, index) => atMs - (this.#bursts[index - 1]?.atMs ?? atMs),
    );
    return Math.max(...pauses);
  }
}
