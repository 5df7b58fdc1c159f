import { createMiddleware } from "hono/factory";
import type { AppContext, AppEnv } from "../context.ts";
import { ProblemError } from "../http/problem.ts";
import { clientAddress } from "./address.ts";

/** Seconds to wait: the `period` of the limits in wrangler.toml, after which each counts anew. */
const PERIOD_S = 10;

/**
 * Turns away whoever calls more often than the binding of this name allows: see wrangler.toml. One
 * that is not bound allows everything, as does one that does not answer.
 *
 * @param keyOf who is counted; nobody where it is null
 * @throws ProblemError `rate_limited`
 */
function limitRate(
  binding: "UPLOAD_RATE" | "CREATE_RATE" | "SOCKET_RATE",
  keyOf: (c: AppContext) => string | null,
) {
  return createMiddleware<AppEnv>(async (c, next) => {
    const key = keyOf(c);
    if (key !== null && !(await allows(c.env[binding], key))) throw rateLimited();
    await next();
  });
}

/** Of each batch; all of its writers have the same token. */
export const limitUploads = limitRate("UPLOAD_RATE", (c) => c.var.batch.id);

/** By each address. */
export const limitCreation = limitRate("CREATE_RATE", clientAddress);

/** By each address. */
export const limitSockets = limitRate("SOCKET_RATE", clientAddress);

async function allows(limiter: RateLimit | undefined, key: string): Promise<boolean> {
  if (!limiter) return true;
  const outcome = await limiter.limit({ key }).catch(() => null);
  return outcome?.success ?? true;
}

function rateLimited(): ProblemError {
  const detail = `Wait for ${PERIOD_S} seconds, then go on: these were too many requests.`;
  return new ProblemError("rate_limited", detail, { retryAfter: PERIOD_S });
}
