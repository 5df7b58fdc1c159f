import type { ConcurrencyLimiter } from "../send/concurrency.ts";
import type { RetryTimers } from "../send/retry-timers.ts";
import type { OnRateLimited } from "./retry.ts";

/** Rests that the server has asked for: who asks one request to wait would ask the others as well. */
export class RateLimitPause {
  readonly #concurrency: Pick<ConcurrencyLimiter<never>, "pause" | "resume">;
  readonly #naps: RetryTimers;
  readonly #onRateLimited: OnRateLimited;
  /** How many requests were asked to wait, and still do. */
  #count = 0;

  constructor(
    concurrency: Pick<ConcurrencyLimiter<never>, "pause" | "resume">,
    naps: RetryTimers,
    onRateLimited: OnRateLimited,
  ) {
    this.#concurrency = concurrency;
    this.#naps = naps;
    this.#onRateLimited = onRateLimited;
  }

  /** Begins nothing new for so many milliseconds. */
  begin(ms: number): void {
    this.#count++;
    this.#concurrency.pause("ratelimited");
    this.#onRateLimited(ms);
    this.#naps.schedule(ms, () => this.#end(), false);
  }

  #end(): void {
    if (--this.#count > 0) return;
    this.#onRateLimited(null);
    this.#concurrency.resume("ratelimited");
  }
}
