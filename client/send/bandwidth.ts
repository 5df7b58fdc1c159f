/** What an idle bandwidth saves up, in seconds of its rate: enough for a timer that comes late. */
const SAVED_SECONDS = 0.25;
/** The most that is let go at a time, in seconds of the rate: nobody waits long for their turn. */
const PIECE_SECONDS = 0.05;
const LARGEST_PIECE_BYTES = 65_536;

/** How many bytes to take at a time, where a body can be held back. */
export function chunkBytes({ bytesPerSecond }: TokenBucket): number {
  const rate = bytesPerSecond ?? Number.POSITIVE_INFINITY;
  return Math.ceil(Math.min(LARGEST_PIECE_BYTES, rate * PIECE_SECONDS));
}

interface Waiter {
  bytes: number;
  go: () => void;
}

/**
 * A rate in bytes per second that all who take from it share, first come, first served: a token
 * bucket. Whoever takes may go into debt, which those after them wait out.
 */
export class TokenBucket {
  #rate = Number.POSITIVE_INFINITY;
  /** Bytes that may go now; below zero is debt. */
  #budget = Number.POSITIVE_INFINITY;
  /** When the budget was as it says, in ms. */
  #countedAt = 0;
  #turns: Waiter[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Bytes per second; null is as fast as it goes. */
  get bytesPerSecond(): number | null {
    return Number.isFinite(this.#rate) ? this.#rate : null;
  }

  /** From now on. @throws RangeError for what is no rate */
  set bytesPerSecond(rate: number | null) {
    if (rate !== null && !(rate > 0)) throw new RangeError("The rate must be above zero, or null.");
    this.#count();
    this.#rate = rate ?? Number.POSITIVE_INFINITY;
    this.#serve();
  }

  /**
   * Takes bytes, all at once, when it is the caller's turn and there is no debt.
   *
   * @throws the signal's reason, having taken nothing
   */
  take(bytes: number, signal: AbortSignal): Promise<void> {
    if (this.bytesPerSecond === null && !signal.aborted) return Promise.resolve();
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const leave = () => {
        this.#turns = this.#turns.filter((other) => other !== turn);
        reject(signal.reason);
      };
      const go = () => {
        signal.removeEventListener("abort", leave);
        resolve();
      };
      const turn = { bytes, go };
      signal.addEventListener("abort", leave, { once: true });
      this.#turns.push(turn);
      this.#serve();
    });
  }

  /** Takes bytes that are on their way already, be there debt or not. */
  spend(bytes: number): void {
    this.#count();
    this.#budget -= bytes;
  }

  #serve(): void {
    this.#count();
    clearTimeout(this.#timer);
    while (this.#budget >= 0) {
      const turn = this.#turns.shift();
      if (turn === undefined) return;
      this.#budget -= turn.bytes;
      turn.go();
    }
    if (this.#turns.length === 0) return;
    this.#timer = setTimeout(() => this.#serve(), Math.ceil((-this.#budget / this.#rate) * 1000));
  }

  #count(): void {
    const now = performance.now();
    const seconds = (now - this.#countedAt) / 1000;
    this.#countedAt = now;
    const most = this.#rate * SAVED_SECONDS;
    // Zero seconds of an infinite rate are no number.
    this.#budget = Number.isFinite(most)
      ? Math.min(most, this.#budget + seconds * this.#rate)
      : most;
  }
}
