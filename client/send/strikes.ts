import { backoff } from "../api/retry.ts";
import type { ProblemError } from "../errors.ts";
import type { PlannedRequest } from "./planner.ts";

/** Ends of one request in a row without a response of the server's, although the server responded. */
export interface Strikes {
  /** Another system responded. */
  foreign: number;
  /** No response arrived. */
  network: number;
}

/** The decision about a request after such an end. */
export type Verdict =
  | { kind: "repeat"; strikes: Strikes; delay: number }
  /** Send its files in this many requests, which have no strikes. */
  | { kind: "split"; count: number }
  /** A system in between lets no request with this file through. */
  | { kind: "refused" };

const FIRST_DELAY_MS = 300;
/** Strikes after which a request was refused in between. */
const STRIKES = 3;
/** Strikes of a single file or part, if no response says that it was refused. */
const NETWORK_STRIKES = 6;
/** Requests that a refused bundle is split into: few strikes until the refused file is alone. */
const SPLIT_COUNT = 4;

/** Status by which a system in between refuses a body for its length, if the response isn't the server's. */
const CONTENT_TOO_LARGE = 413;

/** True if a system in between refused a request only for the length of its body. */
export function isTooLong({ code, status }: ProblemError): boolean {
  return code === "foreign_response" && status === CONTENT_TOO_LARGE;
}

/**
 * Decides about a request that got no response of the server's, although the server can be reached:
 * perhaps a firewall refuses one of its files, or the connection can't carry a request this long.
 */
export function judge(problem: ProblemError, { kind, strikes }: PlannedRequest): Verdict {
  const { foreign, network } = add(strikes, problem);
  const count = foreign + network;
  if (kind === "bundle" && problem.isTimeout) return { kind: "split", count: 2 };
  if (kind === "bundle" && count >= STRIKES) return { kind: "split", count: SPLIT_COUNT };
  const isRefused = foreign >= STRIKES || network >= NETWORK_STRIKES;
  // A list carries no file.
  if (isRefused && kind !== "listParts") return { kind: "refused" };
  const { retryAfter } = problem;
  const delay = backoff(count, { retryAfter, firstMs: FIRST_DELAY_MS });
  return { kind: "repeat", strikes: { foreign, network }, delay };
}

function add(strikes: Strikes | undefined, { code }: ProblemError): Strikes {
  const { foreign, network } = strikes ?? { foreign: 0, network: 0 };
  const isForeign = code === "foreign_response";
  return isForeign ? { foreign: foreign + 1, network } : { foreign, network: network + 1 };
}
