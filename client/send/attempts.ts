import type { ProblemError } from "../errors.ts";
import { backoff, isRateLimited, mayRetry } from "../api/retry.ts";

/** How often each file, or each part of one, has failed. Only those that have take memory. */
export class Attempts {
  readonly #failures = new Map<number, number>();

  /** All of its tries are before it again. */
  forget(id: number): void {
    this.#failures.delete(id);
  }

  /** The network was to blame: all tries are there again. */
  reset(): void {
    for (const id of this.#failures.keys()) this.#failures.set(id, 0);
  }

  hasFailed(id: number): boolean {
    return this.#failures.has(id);
  }

  /** Would another failure by this problem still leave it a try? */
  hasLeft(id: number, problem: ProblemError): boolean {
    return mayRetry(problem, this.#failuresOf(id) + 1);
  }

  /** Counts a failure. The answer is after how many milliseconds to try again; null is never. */
  fail(id: number, problem: ProblemError): number | null {
    const failures = this.#failuresOf(id) + 1;
    if (!isRateLimited(problem)) this.#failures.set(id, failures);
    return mayRetry(problem, failures) ? backoff(failures, problem.retryAfter) : null;
  }

  #failuresOf(id: number): number {
    return this.#failures.get(id) ?? 0;
  }
}
