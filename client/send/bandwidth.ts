/** Tokens that an idle bucket saves, in seconds of its rate: enough for a timer that fires late. */
const BURST_SECONDS = 0.25;
/** Largest chunk in seconds of the rate, so that waiters take turns often. */
const CHUNK_SECONDS = 0.05;
const LARGEST_CHUNK_BYTES = 65_536;

/** Returns how many bytes to take from the bucket at a time, where a body can be throttled. */
export function chunkBytes({ bytesPerSecond }: TokenBucket): number {
  const rate = bytesPerSecond ?? Number.POSITIVE_INFINITY;
  return Math.ceil(Math.min(LARGEST_CHUNK_BYTES, rate * CHUNK_SECONDS));
}

interface Waiter {
  bytes: number;
  resolve: () => void;
}

/**
 * A bandwidth limit that all requests share: a token bucket, first come, first served. A taker may
 * overdraw the bucket; the next ones wait until it is refilled.
 */
export class TokenBucket {
  #rate = Number.POSITIVE_INFINITY;
  /** Bytes that may be taken now; negative after overdrawing. */
  #tokens = Number.POSITIVE_INFINITY;
  /** When `#tokens` was computed, in milliseconds. */
  #refilledAt = 0;
  #waiters: Waiter[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Bytes per second; null is unlimited. */
  get bytesPerSecond(): number | null {
    return Number.isFinite(this.#rate) ? this.#rate : null;
  }

  /** Takes effect at once. @throws RangeError unless the rate is above zero, or null */
  set bytesPerSecond(rate: number | null) {
    if (rate !== null && !(rate > 0)) throw new RangeError("The rate must be above zero, or null.");
    this.#refill();
    this.#rate = rate ?? Number.POSITIVE_INFINITY;
    this.#serve();
  }

  /**
   * Takes bytes, all at once, when it is the caller's turn and the bucket isn't overdrawn.
   *
   * @throws the signal's reason, having taken nothing
   */
  take(bytes: number, signal: AbortSignal): Promise<void> {
    if (this.bytesPerSecond === null && !signal.aborted) return Promise.resolve();
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const leave = () => {
        this.#waiters = this.#waiters.filter((other) => other !== waiter);
        reject(signal.reason);
      };
      const waiter = {
        bytes,
        resolve: () => {
          signal.removeEventListener("abort", leave);
          resolve();
        },
      };
      signal.addEventListener("abort", leave, { once: true });
      this.#waiters.push(waiter);
      this.#serve();
    });
  }

  /** Takes bytes that are already on their way, even if that overdraws the bucket. */
  spend(bytes: number): void {
    this.#refill();
    this.#tokens -= bytes;
  }

  #serve(): void {
    this.#refill();
    clearTimeout(this.#timer);
    while (this.#tokens >= 0) {
      const waiter = this.#waiters.shift();
      if (waiter === undefined) return;
      this.#tokens -= waiter.bytes;
      waiter.resolve();
    }
    if (this.#waiters.length === 0) return;
    this.#timer = setTimeout(() => this.#serve(), Math.ceil((-this.#tokens / this.#rate) * 1000));
  }

  #refill(): void {
    const now = performance.now();
    const seconds = (now - this.#refilledAt) / 1000;
    this.#refilledAt = now;
    const capacity = this.#rate * BURST_SECONDS;
    // Zero seconds of an infinite rate would be NaN.
    this.#tokens = Number.isFinite(capacity)
      ? Math.min(capacity, this.#tokens + seconds * this.#rate)
      : capacity;
  }
}
