/** Half of what a rate remembers is younger than this. */
const HALF_LIFE_MS = 3000;
/** Before this much was seen, a rate is a guess that would jump. */
const WARM_UP_MS = 1500;

/** How fast an amount grows, as an average in which old samples fade. */
export class Rate {
  #amount: number | null = null;
  #at = 0;
  #sum = 0;
  #weight = 0;
  #seenMs = 0;

  /**
   * @param amount the whole amount so far; the first call only sets the starting point
   * @param nowMs a clock in milliseconds that never goes back
   */
  sample(amount: number, nowMs: number): void {
    const elapsed = nowMs - this.#at;
    if (this.#amount !== null && elapsed > 0) this.#fold(amount - this.#amount, elapsed);
    if (this.#amount === null || elapsed > 0) [this.#amount, this.#at] = [amount, nowMs];
  }

  #fold(grown: number, elapsedMs: number): void {
    const kept = 0.5 ** (elapsedMs / HALF_LIFE_MS);
    this.#sum = this.#sum * kept + ((grown * 1000) / elapsedMs) * (1 - kept);
    this.#weight = this.#weight * kept + (1 - kept);
    this.#seenMs += elapsedMs;
  }

  /** Forgets the starting point: the time until the next sample does not count. */
  pause(): void {
    this.#amount = null;
  }

  /** Amount per second; null until enough was seen. Dividing by the weight frees it of its start at 0. */
  get perSecond(): number | null {
    return this.#seenMs < WARM_UP_MS ? null : Math.max(0, this.#sum / this.#weight);
  }
}

/** A new estimate must be this much longer than the one on show to replace it. */
const PATIENCE = 1.25;

const MINUTE = 60;
const HOUR = 60 * MINUTE;

/** Below so many seconds, time is told in steps of so many. */
const STEPS = [
  { below: 10, step: 1 },
  { below: MINUTE, step: 5 },
  { below: HOUR, step: MINUTE },
] as const;
const COARSEST = 5 * MINUTE;

/** Seconds, rounded up to a step that grows with them: nobody waits 61 minutes to the second. */
export function roundedTimeLeft(seconds: number): number {
  const step = STEPS.find(({ below }) => seconds < below)?.step ?? COARSEST;
  return Math.max(1, Math.ceil(seconds / step) * step);
}

/** Time left that counts down calmly: it falls freely, and rises only when it was clearly wrong. */
export class TimeLeft {
  #shown: number | null = null;

  /**
   * @param remaining what is left, in the unit of the rate
   * @param perSecond the rate, or null while it is unknown
   * @returns seconds to show, rounded; null when nobody can tell
   */
  update(remaining: number, perSecond: number | null): number | null {
    if (perSecond === null || perSecond <= 0) this.#shown = null;
    else this.#shown = steadied(this.#shown, remaining / perSecond);
    return this.#shown;
  }
}

function steadied(shown: number | null, seconds: number): number {
  const next = roundedTimeLeft(seconds);
  const rises = shown !== null && next > shown && seconds < shown * PATIENCE;
  return rises ? shown : next;
}
