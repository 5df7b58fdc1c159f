import { createMiddleware } from "hono/factory";
import { settings } from "../../durable-objects/index.ts";
import type { AppContext, AppEnv } from "../context.ts";
import { ProblemError } from "./problem.ts";
import { bodyTooLarge } from "./size-problems.ts";

/**
 * Refuses bodies that cannot be stored as they are, before they are read.
 *
 * @throws ProblemError `too_large`, `unsupported_encoding` or `malformed_request`
 */
export const requirePlainBody = createMiddleware<AppEnv>(async (c, next) => {
  requireOneRequest(c.env, c.var.body.length ?? 0);
  requireNoEncoding(c);
  requireNoRange(c);
  await next();
});

/**
 * Checks that a body, or a file that is sent whole, has no more bytes than one request may have. A
 * deployed Worker never sees a larger body: Cloudflare refuses it with a 413 of its own.
 *
 * @throws ProblemError `too_large`
 */
export function requireOneRequest(env: Env, bytes: number): void {
  const { bodyBytes } = settings(env);
  if (bytes > bodyBytes) throw bodyTooLarge(bodyBytes);
}

/** An encoded file would be stored encoded, under a name and with a size that say otherwise. */
function requireNoEncoding(c: AppContext): void {
  const encoding = c.req.header("Content-Encoding") ?? "";
  if (/^\s*(?:identity\s*)?$/iu.test(encoding)) return;
  throw new ProblemError(
    "unsupported_encoding",
    `The body has the Content-Encoding ${JSON.stringify(encoding)}; send it without one.`,
    { headers: { "Accept-Encoding": "identity" } },
  );
}

/** A server that ignores the header of a partial `PUT` would replace the whole (RFC 9110, 14.5). */
function requireNoRange(c: AppContext): void {
  const range = c.req.header("Content-Range");
  if (c.req.method !== "PUT" || range === undefined) return;
  const detail = `Content-Range (${JSON.stringify(range)}) is not supported; send the whole file, or its parts at \`…/parts/1\` and so on.`;
  throw new ProblemError("malformed_request", detail);
}
