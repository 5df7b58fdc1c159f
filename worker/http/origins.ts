import { cors } from "hono/cors";
import { createMiddleware } from "hono/factory";
import type { AppEnv } from "../context.ts";
import { settings } from "../../durable-objects/index.ts";
import { validSettings } from "../settings.ts";
import { ProblemError } from "./problem.ts";

/** Response headers that scripts of other origins may read. */
const EXPOSED_HEADERS = ["Content-Disposition", "ETag", "Location", "Retry-After", "Server-Timing"];

/** Lets the pages of `ALLOWED_ORIGINS` read responses, and every page an error about settings. */
export const allowOrigins = createMiddleware<AppEnv>((c, next) => {
  const { allowedOrigins = "*" } = validSettings(c.env) ?? {};
  const origin = allowedOrigins === "*" ? "*" : [...allowedOrigins];
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
  const allowed = settings(c.env).allowedOrigins;
  if (origin === undefined || allowed === "*") return next();
  if (allowed.includes(origin) || origin === new URL(c.req.url).origin) return next();
  throw new ProblemError(
    "forbidden",
    "This page's origin is not allowed; add it to the server's ALLOWED_ORIGINS.",
  );
});
