import { isOffline, sleepOffline } from "../transport/network.ts";
import { isServerCode, ProblemError, type ClientCode } from "../errors.ts";
import { sleep } from "../sleep.ts";

const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 30_000;
/** The most time between two calls to a server that does not answer: it is not to wait when it is back. */
const LONGEST_PROBE_MS = 2000;
/** So many of those are one try: what costs nobody anything may be done for as long as the others. */
const PROBES_A_TRY = 8;
/** A server that asks for longer than this is not waited for: its problem is shown instead. */
const LONGEST_RETRY_AFTER_MS = 10 * 60_000;

/** How long to rest when all tries of a call are used up that has to come to an end. */
const REST_MS = 15_000;

/** Tries of a request or file that meets no answer or a busy server: a minute or two, on average. */
const CONNECTION_ATTEMPTS = 10;
/** Tries of a file that arrived and was refused (its digest, its size, its processing). */
const CONTENT_ATTEMPTS = 3;

const CONTENT_CODES: ReadonlySet<ClientCode> = new Set<ClientCode>([
  "size_mismatch",
  "checksum_mismatch",
  "processing_failed",
]);

/** How often to try in all before giving up on something that met `code`. */
function attemptsFor(code: ClientCode): number {
  return CONTENT_CODES.has(code) ? CONTENT_ATTEMPTS : CONNECTION_ATTEMPTS;
}

/** Is an answer of this HTTP status, whatever its body, worth another try? */
export function isRetryableStatus(status: number): boolean {
  return status === 408 || status === 425 || status === 429 || status >= 500;
}

/**
 * Milliseconds to wait before the next try: exponential, capped, and with full jitter, so that
 * thousands of clients cut off in one moment do not come back in one moment.
 *
 * @param failures tries that have failed so far, at least 1
 * @param retryAfter what the server asked for, in milliseconds: never less than that
 */
export function backoff(failures: number, retryAfter: number | null = null): number {
  const ceiling = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (failures - 1));
  return (retryAfter ?? 0) + Math.random() * ceiling;
}

/** Milliseconds that a `Retry-After` header (seconds, or a date) asks for, or null. */
export function parseRetryAfter(value: string | null, now = Date.now()): number | null {
  if (value === null || value.trim() === "") return null;
  const seconds = Number(value);
  const wait = Number.isNaN(seconds) ? Date.parse(value) - now : seconds * 1000;
  return Number.isNaN(wait) ? null : Math.max(0, wait);
}

/** No longer than a server that does not answer is left alone, unless it has asked for it. */
export function probeDelay(ms: number, { retryAfter }: ProblemError): number {
  return retryAfter === null ? Math.min(ms, LONGEST_PROBE_MS) : ms;
}

/** Should this be tried again, after it has failed `failures` times? */
export function mayRetry(problem: ProblemError, failures: number): boolean {
  const patient = (problem.retryAfter ?? 0) <= LONGEST_RETRY_AFTER_MS;
  return problem.retryable && patient && failures < attemptsFor(problem.code);
}

/** Is told for how many milliseconds the server has asked to wait, and when that is over: null. */
export type OnRateLimited = (ms: number | null) => void;

/** Has the server only asked to come again later? Then nothing has failed, and no try is used up. */
export function isRateLimited({ code, retryAfter }: ProblemError): boolean {
  return code === "rate_limited" && retryAfter !== null;
}

/**
 * Makes a call again until it succeeds, meets a problem not worth retrying, or has used up its
 * tries; then throws that problem. While the device has no network, no try counts. Throws the
 * signal's reason when aborted.
 *
 * @param onRateLimited is told when the server has asked to wait
 */
export async function retry<Answer>(
  call: () => Promise<Answer>,
  signal: AbortSignal,
  onRateLimited: OnRateLimited = () => {},
): Promise<Answer> {
  let [calls, failures] = [0, 0];
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      failures += isAway(error) ? 1 / PROBES_A_TRY : 1;
      if (!mayRetry(error, failures)) throw error;
      const delay = delayAfter(++calls, error);
      if (error.retryAfter !== null) onRateLimited(delay);
      await rest(delay, error, signal);
      onRateLimited(null);
      if (isOffline() || isRateLimited(error)) calls = failures = 0;
    }
  }
}

/**
 * Makes a call, with all its tries, again and again until the server has decided on it: when the
 * network is back, and every now and then. Throws the signal's reason when aborted.
 *
 * @param onFailure is told each time that all tries were in vain
 */
export async function retryForever<Answer>(
  call: () => Promise<Answer>,
  signal: AbortSignal,
  onFailure?: (problem: ProblemError) => void,
): Promise<Answer> {
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof ProblemError) || !isUndecided(error)) throw error;
      onFailure?.(error);
      await sleepOffline(isAway(error) ? LONGEST_PROBE_MS : REST_MS, signal);
    }
  }
}

function delayAfter(calls: number, problem: ProblemError): number {
  const delay = backoff(calls, problem.retryAfter);
  return isAway(problem) ? probeDelay(delay, problem) : delay;
}

/** Was there no answer of the server's? Others may answer in its place. */
function isAway({ code }: ProblemError): boolean {
  return !isServerCode(code);
}

/** May the call have been done all the same, or be done another time? */
function isUndecided({ retryable, retryAfter }: ProblemError): boolean {
  return retryable && retryAfter === null;
}

/** Waits before the next try: no longer than the network does, unless the server asked for it. */
export function rest(ms: number, problem: ProblemError, signal: AbortSignal): Promise<void> {
  return problem.retryAfter === null ? sleepOffline(ms, signal) : sleep(ms, signal);
}
