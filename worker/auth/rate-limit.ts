import { createMiddleware } from "hono/factory";
import type { AppContext, AppEnv } from "../context.ts";
import { ProblemError } from "../http/problem.ts";

/** Seconds until a limit resets: the `period` of the limits in wrangler.toml. */
const PERIOD_S = 10;

/**
 * Limits the rate of requests with the same key to that of the binding in wrangler.toml. A limit that
 * is not bound, or fails, allows every request.
 *
 * @param keyOf returns the key that a request is counted by
 * @throws ProblemError `rate_limited`
 */
function limitRate(
  binding: "UPLOAD_RATE" | "CREATE_RATE" | "SOCKET_RATE",
  keyOf: (c: AppContext) => string,
) {
  return createMiddleware<AppEnv>(async (c, next) => {
    if (!(await allows(c.env[binding], keyOf(c)))) throw rateLimited();
    await next();
  });
}

/** Counts by batch, as all clients of a batch have the same write token. */
export const limitUploads = limitRate("UPLOAD_RATE", (c) => c.var.batch.id);

/** Counts by client address. */
export const limitCreation = limitRate("CREATE_RATE", clientAddress);

/** Counts by client address. */
export const limitSockets = limitRate("SOCKET_RATE", clientAddress);

async function allows(limiter: RateLimit | undefined, key: string): Promise<boolean> {
  if (!limiter) return true;
  const outcome = await limiter.limit({ key }).catch(() => null);
  return outcome?.success ?? true;
}

function rateLimited(): ProblemError {
  const detail = `The rate limit is exceeded; retry after ${PERIOD_S} seconds.`;
  return new ProblemError("rate_limited", detail, { retryAfter: PERIOD_S });
}

const GROUPS = 8;
/** The first groups of an IPv6 address, which identify its network. A host can use all its addresses. */
const NETWORK_GROUPS = 4;

/** The key of all requests without an address. They share each limit: none could be told from another. */
const UNKNOWN_ADDRESS = "unknown";

let hasWarned = false;

/**
 * Returns the address that rate limits count a request by. Cloudflare sets the header itself: clients
 * can't. It is missing if the zone removes visitors' addresses, and in calls by a service binding.
 */
export function clientAddress(c: AppContext): string {
  const address = c.req.header("CF-Connecting-IP");
  if (address) return networkPrefix(address);
  warnOnce();
  return UNKNOWN_ADDRESS;
}

/** Once per isolate: every request may lack its address. */
function warnOnce(): void {
  if (hasWarned) return;
  hasWarned = true;
  const warning =
    "Requests have no CF-Connecting-IP, so all clients share the limits per address. Turn off the zone's setting that removes visitors' addresses, or pass the header on.";
  console.warn(JSON.stringify({ warning }));
}

/** Returns an IPv4 address unchanged, and the network of an IPv6 address, such as `2001:db8:0:1`. */
export function networkPrefix(address: string): string {
  const [head = "", tail] = address.toLowerCase().split("::");
  if (!address.includes(":")) return address;
  const [before, after] = [parseGroups(head), parseGroups(tail ?? "")];
  const zeros = Array.from({ length: GROUPS - before.length - after.length }, () => "0");
  return [...before, ...(tail === undefined ? [] : zeros), ...after]
    .slice(0, NETWORK_GROUPS)
    .join(":");
}

function parseGroups(part: string): string[] {
  return part === "" ? [] : part.split(":").map((group) => group.replace(/^0+(?=.)/u, ""));
}
