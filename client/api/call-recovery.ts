import { type ProblemError, timedOut } from "../errors.ts";
import { anySignal } from "../transport/any-signal.ts";
import { sleep, sleepUntilOnline, untilAborted } from "../transport/network.ts";
import type { Reachability } from "../transport/reachability.ts";
import { backoff } from "./retry.ts";

/** Ends in a row, while the server can be reached, after which the call is reported. */
const REPORTED_AFTER = 3;
const LONGEST_DELAY_MS = 15_000;
/** Time without a response after which the server is checked: some networks vanish without an error. */
const PATIENCE_MS = 2000;
/** Time after an outage in which an attempt from before may still get its response, at first. */
const GRACE_MS = 5000;

interface RecoveryOptions {
  /** Called before each wait, with whether the server can be reached. */
  onEnd?: (isReachable: boolean) => void;
  /** Time for which the server may hold the response. */
  heldMs?: number;
}

/**
 * The wait of a call that gets no response of the server's. Such an end says nothing about the call, so
 * it is repeated for as long as it takes: after an outage at once, or with a backoff if something in
 * between lets only other requests through.
 */
export class CallRecovery {
  readonly #reachability: Reachability;
  readonly #signal: AbortSignal;
  readonly #options: RecoveryOptions;
  /** Ends in a row while the server could be reached. */
  #ends = 0;
  #graceMs = GRACE_MS;

  constructor(reachability: Reachability, signal: AbortSignal, options: RecoveryOptions = {}) {
    this.#reachability = reachability;
    this.#signal = signal;
    this.#options = options;
  }

  /** Sends the call once. A server that is silent meanwhile is checked, which may begin an outage. */
  async attempt<Result>(request: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
    const attempt = new AbortController();
    const signal = anySignal([this.#signal, attempt.signal]);
    void this.#watch(attempt, signal);
    try {
      return await request(signal);
    } finally {
      attempt.abort();
    }
  }

  /** Resolves when the call should be repeated. Rejects with the signal's reason. */
  async wait(problem: ProblemError): Promise<void> {
    const isReachable = await untilAborted(this.#reachability.check(problem), this.#signal);
    this.#options.onEnd?.(isReachable);
    if (isReachable) return this.#backOff(problem);
    this.end();
    return this.#reachability.whenReachable(this.#signal);
  }

  /** Call when the server has responded, or the call has ended. */
  end(): void {
    this.#ends = 0;
    this.#reachability.unblock(this);
  }

  /** Gives up an attempt that an outage has interrupted: its connection may be lost without an error. */
  async #watch(attempt: AbortController, signal: AbortSignal): Promise<void> {
    const { heldMs = 0 } = this.#options;
    const problem = timedOut("The server didn't respond.");
    try {
      do await sleep(heldMs + PATIENCE_MS, signal);
      while (await this.#reachability.check(problem));
      await this.#reachability.whenReachable(signal);
      await sleep(this.#graceMs, signal);
    } catch (error) {
      if (signal.aborted) return;
      throw error;
    }
    // A line may be so slow that checks fail as well.
    this.#graceMs *= 2;
    attempt.abort(problem);
  }

  #backOff(problem: ProblemError): Promise<void> {
    this.#ends++;
    const isReported = problem.isChallenge || this.#ends >= REPORTED_AFTER;
    if (isReported) this.#reachability.block(this, problem);
    const delay = Math.min(LONGEST_DELAY_MS, backoff(this.#ends));
    return sleepUntilOnline(delay, this.#signal);
  }
}
