import { backoff } from "../api/retry.ts";
import type { ProblemError } from "../errors.ts";
import type { PlannedRequest } from "./planner.ts";

/** Ends of one request in a row without a response of the server's, although the server responded. */
export interface Strikes {
  /** Another system responded. */
  foreign: number;
  /** No response arrived. */
  network: number;
  /** Time of the first one, also that of a bundle which this request is a quarter of; `performance.now()`. */
  since: number;
  /** True if other requests had got through since then when the last one ended like this. */
  areOthersStored: boolean;
}

/** The clock, and the time of the server's latest response to a request that carries files. */
export interface Times {
  now: number;
  respondedAt: number;
}

/** The decision about a request after such an end. */
export type Verdict =
  | { kind: "repeat"; strikes: Strikes; delay: number }
  /** Send its files in this many requests, which start with these strikes. */
  | { kind: "split"; count: number; strikes: Strikes }
  /** A system in between lets no request with this file through. */
  | { kind: "refused" };

const FIRST_DELAY_MS = 300;
/** Strikes after which a request was refused in between. */
const STRIKES = 3;
/** Strikes of a single file or part, if no response says that it was refused. */
const NETWORK_STRIKES = 6;
/**
 * Time after which a file was refused although no other request got through, in ms. Before that, uploads
 * may be blocked as a whole, though the server can be reached.
 */
const ALONE_MS = 10_000;
/** Longest time between two tries: the block may be over soon. */
const LONGEST_DELAY_MS = 5000;
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
export function judge(
  problem: ProblemError,
  { kind, strikes: before }: PlannedRequest,
  times: Times,
): Verdict {
  const strikes = add(before, problem, times);
  const { foreign, network } = strikes;
  const count = foreign + network;
  const none = { ...strikes, foreign: 0, network: 0 };
  if (kind === "bundle" && problem.isTimeout) return { kind: "split", count: 2, strikes: none };
  if (kind === "bundle" && count >= STRIKES)
    return { kind: "split", count: SPLIT_COUNT, strikes: none };
  const isRefused = foreign >= STRIKES || network >= NETWORK_STRIKES;
  // A list carries no file.
  if (isRefused && kind !== "listParts" && isAlone(problem, strikes, before, times))
    return { kind: "refused" };
  const delay = Math.min(LONGEST_DELAY_MS, backoff(count, { firstMs: FIRST_DELAY_MS }));
  return { kind: "repeat", strikes, delay };
}

/** True if uploads as a whole get no response: the request's own content isn't known to be the reason. */
export function areUploadsBlocked(
  problem: ProblemError,
  { foreign, network, since }: Strikes,
  { respondedAt }: Times,
): boolean {
  const isLasting = problem.isChallenge || foreign + network >= STRIKES;
  return isLasting && respondedAt <= since;
}

/**
 * True if only this request gets no response. A challenge is no refusal: it waits for a person. Others have
 * to get through before it is repeated: when uploads were blocked as a whole, its last try may have ended
 * like this before, and the first of the others got through after that.
 */
function isAlone(
  problem: ProblemError,
  { areOthersStored, since }: Strikes,
  before: Strikes | undefined,
  { now }: Times,
): boolean {
  const isOnlyOne = areOthersStored && before?.areOthersStored === true;
  return isOnlyOne || (!problem.isChallenge && now - since >= ALONE_MS);
}

function add(
  before: Strikes | undefined,
  { code }: ProblemError,
  { now, respondedAt }: Times,
): Strikes {
  const { foreign, network, since } = before ?? { foreign: 0, network: 0, since: now };
  const isForeign = code === "foreign_response";
  return {
    foreign: foreign + (isForeign ? 1 : 0),
    network: network + (isForeign ? 0 : 1),
    since,
    areOthersStored: respondedAt > since,
  };
}
