import { isNoConnection, ProblemError, type ClientCode } from "../errors.ts";
import type { CallRecovery } from "./call-recovery.ts";
import { isOffline, sleep, sleepUntilOnline } from "../transport/network.ts";

const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 30_000;
/** Longest time between two probes of a server that doesn't respond: its return is noticed soon. */
const LONGEST_PROBE_MS = 2000;
/** Probes carry no files and cost little, so this many count as one try. */
const PROBES_PER_TRY = 8;
/** A longer `Retry-After` isn't waited for: the problem is reported instead. */
const LONGEST_RETRY_AFTER_MS = 10 * 60_000;
/** Wait between two rounds of tries for a request that must be decided. */
const ROUND_DELAY_MS = 15_000;

/** Tries when there is no response, or the server is busy: a minute or two, on average. */
const CONNECTION_TRIES = 10;
/** Tries of a file that arrived and was rejected (its digest, its size, its processing). */
const CONTENT_TRIES = 3;

const CONTENT_CODES: ReadonlySet<ClientCode> = new Set<ClientCode>([
  "size_mismatch",
  "checksum_mismatch",
  "processing_failed",
]);

/** Called with the milliseconds that the server asked to wait and its reason, and with nulls when they are over. */
export type OnRateLimited = (ms: number | null, code: ClientCode | null) => void;

/**
 * Returns milliseconds to wait before the next try: exponential, capped, and with full jitter, so
 * that thousands of clients that were cut off at once don't return at once.
 *
 * @param failures failed tries so far, at least 1
 * @param options.retryAfter milliseconds that the server asked for; always waited in full
 * @param options.firstMs upper bound after the first failure
 */
export function backoff(
  failures: number,
  {
    retryAfter = null,
    firstMs = FIRST_DELAY_MS,
  }: { retryAfter?: number | null; firstMs?: number } = {},
): number {
  const ceiling = Math.min(LONGEST_DELAY_MS, firstMs * 2 ** (failures - 1));
  return (retryAfter ?? 0) + Math.random() * ceiling;
}

const LATER_CODES: ReadonlySet<ClientCode> = new Set<ClientCode>(["rate_limited", "busy"]);

/** True if the server only asked to come back later: nothing failed, and no try is used up. */
function isRateLimited({ code, retryAfter }: ProblemError): boolean {
  return LATER_CODES.has(code) && retryAfter !== null;
}

/** Decides whether and when something that failed is retried. */
interface RetryPolicy {
  /** Records a failure. Returns milliseconds to wait before the next try, or null to stop retrying. */
  fail(problem: ProblemError): number | null;
  /** Grants all tries again: the network was at fault. */
  reset?(): void;
}

/** Tries that one request, file or part has left. */
export class RetryBudget implements RetryPolicy {
  readonly #probes: boolean;
  #failures = 0;
  /** Failed tries that make the next wait longer; differs from `#failures` for probes. */
  #steps = 0;

  /** @param options.probes true if a try costs little, so that an unreachable server is probed */
  constructor({ probes = false } = {}) {
    this.#probes = probes;
  }

  /** True if one more failure with this problem would leave a try. */
  allows(problem: ProblemError): boolean {
    const { code, retryable, retryAfter } = problem;
    const tries = CONTENT_CODES.has(code) ? CONTENT_TRIES : CONNECTION_TRIES;
    const isSoon = (retryAfter ?? 0) <= LONGEST_RETRY_AFTER_MS;
    return retryable && isSoon && this.#failures + this.#costOf(problem) < tries;
  }

  fail(problem: ProblemError): number | null {
    const isAllowed = this.allows(problem);
    const step = this.#steps + 1;
    if (!isRateLimited(problem)) {
      this.#failures += this.#costOf(problem);
      this.#steps = step;
    }
    if (!isAllowed) return null;
    const delay = backoff(step, problem);
    return this.#isProbe(problem) ? Math.min(delay, LONGEST_PROBE_MS) : delay;
  }

  reset(): void {
    this.#failures = this.#steps = 0;
  }

  #costOf(problem: ProblemError): number {
    return this.#isProbe(problem) ? 1 / PROBES_PER_TRY : 1;
  }

  #isProbe(problem: ProblemError): boolean {
    return this.#probes && isNoConnection(problem);
  }
}

export interface RetryOptions {
  signal: AbortSignal;
  /** Default: ten tries, where eight probes of an unreachable server count as one. */
  policy?: RetryPolicy;
  onRateLimited?: OnRateLimited | undefined;
  /** Waits after an end without a connection, which then is no failure. Default: it is one. */
  recovery?: CallRecovery | undefined;
}

/**
 * Sends a request until it succeeds or the policy gives up. No try counts while the device is
 * offline.
 *
 * @param request sends it once, until the signal aborts
 * @throws the last ProblemError, any other error of `request` at once, or the signal's reason
 */
export async function retry<Result>(
  request: (signal: AbortSignal) => Promise<Result>,
  options: RetryOptions,
): Promise<Result> {
  try {
    return await repeat(request, options);
  } finally {
    options.recovery?.end();
  }
}

async function repeat<Result>(
  request: (signal: AbortSignal) => Promise<Result>,
  options: RetryOptions,
): Promise<Result> {
  const { policy = new RetryBudget({ probes: true }), recovery } = options;
  for (;;) {
    try {
      return await (recovery ? recovery.attempt(request) : request(options.signal));
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      if (recovery && isNoConnection(error)) await recovery.wait(error);
      else await waitAfterFailure(error, policy, options);
    }
  }
}

/** @throws the problem if the policy gives up */
async function waitAfterFailure(
  problem: ProblemError,
  policy: RetryPolicy,
  options: RetryOptions,
): Promise<void> {
  options.recovery?.end();
  const delay = policy.fail(problem);
  if (delay === null) throw problem;
  await waitBeforeRetry(delay, problem, options);
  if (isOffline()) policy.reset?.();
}

/**
 * Sends a request, which has its own tries and waits for the end of an outage, until the server has
 * decided it: every 15 seconds.
 *
 * @param onFailure called each time that all tries have failed
 * @throws ProblemError once the server has refused the request, or the signal's reason
 */
export function retryForever<Result>(
  request: () => Promise<Result>,
  signal: AbortSignal,
  onFailure?: (problem: ProblemError) => void,
): Promise<Result> {
  const fail = (problem: ProblemError): number | null => {
    if (!isUndecided(problem)) return null;
    onFailure?.(problem);
    return ROUND_DELAY_MS;
  };
  return retry(request, { signal, policy: { fail } });
}

/** True if the server may have carried the request out all the same, or may do so later. */
function isUndecided({ retryable, retryAfter }: ProblemError): boolean {
  return retryable && retryAfter === null;
}

/** Waits until the network is back, at most; or exactly for as long as the server asked. */
async function waitBeforeRetry(
  ms: number,
  { retryAfter, code }: ProblemError,
  { signal, onRateLimited }: RetryOptions,
): Promise<void> {
  if (retryAfter === null) return sleepUntilOnline(ms, signal);
  onRateLimited?.(ms, code);
  await sleep(ms, signal);
  onRateLimited?.(null, null);
}
