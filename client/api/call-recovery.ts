import type { ProblemError } from "../errors.ts";
import { sleepUntilOnline, untilAborted } from "../transport/network.ts";
import type { Reachability } from "../transport/reachability.ts";
import { backoff } from "./retry.ts";

/** Ends in a row, while the server can be reached, after which the call is reported. */
const REPORTED_AFTER = 3;
const LONGEST_DELAY_MS = 15_000;

/**
 * The wait of a call that gets no response of the server's. Such an end says nothing about the call, so
 * it is repeated for as long as it takes: after an outage at once, or with a backoff if something in
 * between lets only other requests through.
 */
export class CallRecovery {
  readonly #reachability: Reachability;
  readonly #signal: AbortSignal;
  readonly #onEnd: (isReachable: boolean) => void;
  /** Ends in a row while the server could be reached. */
  #ends = 0;

  /** @param onEnd called before each wait, with whether the server can be reached */
  constructor(
    reachability: Reachability,
    signal: AbortSignal,
    onEnd: (isReachable: boolean) => void = () => undefined,
  ) {
    this.#reachability = reachability;
    this.#signal = signal;
    this.#onEnd = onEnd;
  }

  /** Resolves when the call should be repeated. Rejects with the signal's reason. */
  async wait(problem: ProblemError): Promise<void> {
    const isReachable = await untilAborted(this.#reachability.check(problem), this.#signal);
    this.#onEnd(isReachable);
    if (isReachable) return this.#backOff(problem);
    this.end();
    return this.#reachability.whenReachable(this.#signal);
  }

  /** Call when the server has responded, or the call has ended. */
  end(): void {
    this.#ends = 0;
    this.#reachability.unblock(this);
  }

  #backOff(problem: ProblemError): Promise<void> {
    this.#ends++;
    const isReported = problem.isChallenge || this.#ends >= REPORTED_AFTER;
    if (isReported) this.#reachability.block(this, problem);
    const delay = Math.min(LONGEST_DELAY_MS, backoff(this.#ends));
    return sleepUntilOnline(delay, this.#signal);
  }
}
