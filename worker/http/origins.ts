import { cors } from "hono/cors";
import { createMiddleware } from "hono/factory";
import type { AppEnv } from "../context.ts";
import { ProblemError } from "./problem.ts";

/** Headers that a script on another site may read. */
const EXPOSED_HEADERS = ["Content-Disposition", "ETag", "Location", "Retry-After", "Server-Timing"];

/** Lets the pages of `ALLOWED_ORIGINS` read what is answered. */
export const allowOrigins = createMiddleware<AppEnv>((c, next) => {
  const origin = allowedOrigins(c.env);
  return cors({ origin, exposeHeaders: EXPOSED_HEADERS, maxAge: 86_400 })(c, next);
});

/**
 * Turns away the pages of other sites than `ALLOWED_ORIGINS` and this Worker's own: browsers let
 * any page open a WebSocket anywhere, and leave the refusing to the server. What is no page says no
 * origin.
 *
 * @throws ProblemError `forbidden`
 */
export const requireOrigin = createMiddleware<AppEnv>(async (c, next) => {
  const origin = c.req.header("Origin");
  const allowed = allowedOrigins(c.env);
  if (origin === undefined || allowed === "*") return next();
  if (allowed.includes(origin) || origin === new URL(c.req.url).origin) return next();
  throw new ProblemError("forbidden", "Name this page's origin in the server's ALLOWED_ORIGINS.");
});

function allowedOrigins({ ALLOWED_ORIGINS }: Env): string[] | "*" {
  const origins = ALLOWED_ORIGINS.split(/\s+/u).filter(Boolean);
  return origins.includes("*") ? "*" : origins;
}
