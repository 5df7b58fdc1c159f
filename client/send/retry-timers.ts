import type { OnRateLimited } from "../api/retry.ts";
import type { ClientCode } from "../errors.ts";
import type { ConcurrencyLimiter } from "./concurrency.ts";

interface RetryTimer {
  run: () => void;
  /** False if the server set the time. */
  canRunEarly: boolean;
}

/** Timers of retries. */
export class RetryTimers {
  readonly #timers = new Map<ReturnType<typeof setTimeout>, RetryTimer>();

  /** Calls `run` after `ms`, or when `runEarly` is called, if `canRunEarly`. */
  schedule(ms: number, run: () => void, canRunEarly: boolean): void {
    const timer = setTimeout(() => this.#end(timer, run), ms);
    this.#timers.set(timer, { run, canRunEarly });
  }

  /** Runs the retries whose time the server hasn't set. */
  runEarly(): void {
    const early = [...this.#timers].filter(([, { canRunEarly }]) => canRunEarly);
    for (const [timer, { run }] of early) this.#end(timer, run);
  }

  clear(): void {
    for (const timer of this.#timers.keys()) clearTimeout(timer);
    this.#timers.clear();
  }

  #end(timer: ReturnType<typeof setTimeout>, run: () => void): void {
    clearTimeout(timer);
    this.#timers.delete(timer);
    run();
  }
}

/** A Retry-After on one request pauses all: the server would ask the others to wait, too. */
export class RateLimitPause {
  readonly #limiter: Pick<ConcurrencyLimiter<never>, "pause" | "resume">;
  readonly #timers: RetryTimers;
  readonly #onRateLimited: OnRateLimited;
  /** Requests that were asked to wait, and still do. */
  #count = 0;

  constructor(
    limiter: Pick<ConcurrencyLimiter<never>, "pause" | "resume">,
    timers: RetryTimers,
    onRateLimited: OnRateLimited,
  ) {
    this.#limiter = limiter;
    this.#timers = timers;
    this.#onRateLimited = onRateLimited;
  }

  /** Starts no new requests for `ms` milliseconds. @param code why the server asked for it */
  begin(ms: number, code: ClientCode): void {
    this.#count++;
    this.#limiter.pause("ratelimited");
    this.#onRateLimited(ms, code);
    this.#timers.schedule(ms, () => this.#end(), false);
  }

  #end(): void {
    if (--this.#count > 0) return;
    this.#onRateLimited(null, null);
    this.#limiter.resume("ratelimited");
  }
}
