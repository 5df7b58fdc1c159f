/** Half of a rate's weight comes from samples younger than this. */
const HALF_LIFE_MS = 3000;
/** A rate over a shorter time would be a guess that jumps. */
const WARM_UP_MS = 1500;

/** Growth of an amount per second, as an exponentially weighted average. */
export class Rate {
  #amount: number | null = null;
  #at = 0;
  #sum = 0;
  #weight = 0;
  #seenMs = 0;

  /**
   * @param amount the whole amount so far; the first call only sets the starting point
   * @param nowMs a monotonic clock, in milliseconds
   */
  sample(amount: number, nowMs: number): void {
    const elapsed = nowMs - this.#at;
    if (this.#amount !== null && elapsed > 0) this.#fold(amount - this.#amount, elapsed);
    if (this.#amount === null || elapsed > 0) [this.#amount, this.#at] = [amount, nowMs];
  }

  #fold(growth: number, elapsedMs: number): void {
    const decay = 0.5 ** (elapsedMs / HALF_LIFE_MS);
    this.#sum = this.#sum * decay + ((growth * 1000) / elapsedMs) * (1 - decay);
    this.#weight = this.#weight * decay + (1 - decay);
    this.#seenMs += elapsedMs;
  }

  /** Clears the starting point: the time until the next sample doesn't count. */
  pause(): void {
    this.#amount = null;
  }

  /** Amount per second; null during warm-up. Dividing by the weight removes the bias of the start. */
  get perSecond(): number | null {
    return this.#seenMs < WARM_UP_MS ? null : Math.max(0, this.#sum / this.#weight);
  }
}

/** A longer estimate replaces the shown one only if it is longer by this factor. */
const PATIENCE = 1.25;

const MINUTE = 60;
const HOUR = 60 * MINUTE;

/** Rounding steps, in seconds. */
const STEPS = [
  { below: 10, step: 1 },
  { below: MINUTE, step: 5 },
  { below: HOUR, step: MINUTE },
] as const;
const COARSEST = 5 * MINUTE;

/** Rounds seconds up to a step that grows with them. */
export function roundedTimeLeft(seconds: number): number {
  const step = STEPS.find(({ below }) => seconds < below)?.step ?? COARSEST;
  return Math.max(1, Math.ceil(seconds / step) * step);
}

/** Time left that counts down steadily, and rises only if it was clearly too short. */
export class TimeLeft {
  #shown: number | null = null;

  /**
   * @param remaining remaining amount, in the unit of the rate
   * @param perSecond the rate; null while it is unknown
   * @returns seconds to show, rounded; null while unknown
   */
  update(remaining: number, perSecond: number | null): number | null {
    if (perSecond === null || perSecond <= 0) this.#shown = null;
    else this.#shown = steadied(this.#shown, remaining / perSecond);
    return this.#shown;
  }
}

function steadied(shown: number | null, seconds: number): number {
  const next = roundedTimeLeft(seconds);
  const isNoise = shown !== null && next > shown && seconds < shown * PATIENCE;
  return isNoise ? shown : next;
}
