import { connectionFailed } from "../errors.ts";
import { untilAborted } from "../transport/network.ts";
import type { Reachability } from "../transport/reachability.ts";
import { retry, RetryBudget } from "./retry.ts";

/**
 * Messages of engines about code that misuses a value, such as "x is not a function" and "Cannot read
 * properties of undefined". `fetch` rejects with a TypeError as well, whose message is another one.
 */
const MISUSE = /\bis not |\bundefined\b|\bnull\b|^can(?:no|')t /iu;

/**
 * A grant that your backend signed, or a function that fetches one when it's needed.
 *
 * @example
 * const grant: Grant = async () => (await fetch("/tallyman-grant")).text();
 */
export type Grant = string | (() => string | undefined | Promise<string | undefined>);

/**
 * Returns the current grant. Calls the function again while it fails: ten times, or until an outage of
 * the network is over.
 *
 * @throws ProblemError with the message of the function's error, a bug's error as it is, or the signal's
 *   reason
 */
export async function getGrant(
  grant: Grant | undefined,
  reachability: Reachability,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (typeof grant !== "function") return grant;
  const provide = async (): Promise<string | undefined> => {
    for (;;) {
      try {
        return await untilAborted((async () => grant())(), signal);
      } catch (error) {
        signal.throwIfAborted();
        if (isBug(error)) throw error;
        const problem = connectionFailed(error);
        // During an outage, the network is the reason, which is no failed try.
        if (await untilAborted(reachability.check(problem), signal)) throw problem;
      }
      await reachability.whenReachable(signal);
    }
  };
  return retry(provide, { signal, policy: new RetryBudget() });
}

/** True for an error that no request ends with. Another try would throw it again. */
function isBug(error: unknown): boolean {
  const isOfCode = error instanceof ReferenceError || error instanceof RangeError;
  return isOfCode || (error instanceof TypeError && MISUSE.test(error.message));
}
