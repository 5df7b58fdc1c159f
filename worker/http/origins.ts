import { cors } from "hono/cors";
import { createMiddleware } from "hono/factory";
import type { AppEnv } from "../context.ts";
import { ProblemError } from "./problem.ts";

/** Response headers that scripts of other origins may read. */
const EXPOSED_HEADERS = ["Content-Disposition", "ETag", "Location", "Retry-After", "Server-Timing"];

/** Lets the pages of `ALLOWED_ORIGINS` read responses. */
export const allowOrigins = createMiddleware<AppEnv>((c, next) => {
  const origin = allowedOrigins(c.env);
  return cors({ origin, exposeHeaders: EXPOSED_HEADERS, maxAge: 86_400 })(c, next);
});

/**
 * Refuses requests from pages of other origins than this Worker's and `ALLOWED_ORIGINS`. CORS does not
 * apply to WebSockets: browsers let any page open one to any server. Clients other than pages send no
 * `Origin`.
 *
 * @throws ProblemError `forbidden`
 */
export const requireOrigin = createMiddleware<AppEnv>(async (c, next) => {
  const origin = c.req.header("Origin");
  const allowed = allowedOrigins(c.env);
  if (origin === undefined || allowed === "*") return next();
  if (allowed.includes(origin) || origin === new URL(c.req.url).origin) return next();
  throw new ProblemError(
    "forbidden",
    "This page's origin is not allowed; add it to the server's ALLOWED_ORIGINS.",
  );
});

function allowedOrigins({ ALLOWED_ORIGINS }: Env): string[] | "*" {
  const origins = ALLOWED_ORIGINS.split(/\s+/u).filter(Boolean);
  return origins.includes("*") ? "*" : origins;
}
