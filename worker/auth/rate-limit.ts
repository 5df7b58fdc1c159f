import type { AppContext } from "../context.ts";
import { ProblemError } from "../http/problem.ts";
import { sha256Hex } from "../upload/digest.ts";
import { clientAddress } from "./client-address.ts";

/** Seconds until a limit resets: the `period` of the limits in wrangler.toml. */
const PERIOD_S = 10;

/** The kinds of requests that have a rate limit, and the binding of each in wrangler.toml. */
const BINDINGS = {
  uploads: "UPLOAD_RATE",
  creation: "CREATE_RATE",
  declaring: "DECLARE_RATE",
  control: "CONTROL_RATE",
  deletes: "DELETE_RATE",
  polls: "POLL_RATE",
  longPolls: "LONG_POLL_RATE",
  content: "CONTENT_RATE",
  archives: "ARCHIVE_RATE",
  sockets: "SOCKET_RATE",
} as const;

export type Rate = keyof typeof BINDINGS;

/**
 * Counts a request by its token and by its address. Call it after the token was verified: otherwise
 * requests with forged tokens would use up the limits of the clients that they imitate. A limit that is
 * not bound, or fails, allows every request.
 *
 * @param token null if the request has none, or one that many people share. Such a token is not counted:
 *   one of them could keep the others out
 * @throws ProblemError `rate_limited`
 */
export async function countRequest(c: AppContext, rate: Rate, token: string | null): Promise<void> {
  const limiter = c.env[BINDINGS[rate]];
  // The token comes first, so that a client which exceeds its own limit doesn't use up its network's.
  if (token !== null) await count(limiter, await tokenKey(token));
  await count(limiter, clientAddress(c));
}

/**
 * Returns the key that a verified token is counted by. Its signature is left out, as the last character
 * of one can be written in several ways.
 */
export function tokenKey(token: string): Promise<string> {
  return sha256Hex(new TextEncoder().encode(token.slice(0, token.lastIndexOf("."))));
}

async function count(limiter: RateLimit | undefined, key: string): Promise<void> {
  if (!limiter) return;
  const outcome = await limiter.limit({ key }).catch(() => null);
  if (outcome?.success === false) throw rateLimited();
}

function rateLimited(): ProblemError {
  const detail = `The rate limit is exceeded; retry after ${PERIOD_S} seconds.`;
  return new ProblemError("rate_limited", detail, { retryAfter: PERIOD_S });
}
