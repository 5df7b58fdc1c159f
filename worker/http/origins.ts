import { cors } from "hono/cors";
import { createMiddleware } from "hono/factory";
import type { AppContext, AppEnv } from "../context.ts";
import { settings } from "../../durable-objects/index.ts";
import { validSettings } from "../settings.ts";
import { FAILED_FILES } from "./failed-files.ts";
import { ProblemError } from "./problem.ts";
import { VERSION_HEADER } from "./response-headers.ts";

/** Response headers that scripts of other origins may read. */
const EXPOSED_HEADERS = [
  "Accept-Ranges",
  "Content-Disposition",
  "Content-Range",
  "Date",
  "ETag",
  "Location",
  "Retry-After",
  "Server-Timing",
  FAILED_FILES,
  VERSION_HEADER,
];

/** Lets the pages of `ALLOWED_ORIGINS` read responses, and every page an error about settings. */
export const allowOrigins = createMiddleware<AppEnv>((c, next) => {
  const { allowedOrigins = "*" } = validSettings(c.env) ?? {};
  const origin = allowedOrigins === "*" ? "*" : [...allowedOrigins];
  return cors({ origin, exposeHeaders: EXPOSED_HEADERS, maxAge: 86_400 })(c, () => {
    allowTimings(c);
    return next();
  });
});

/** Lets the same pages see the protocol of their requests: the client sends more at a time over HTTP/2. */
function allowTimings(c: AppContext): void {
  const origin = c.res.headers.get("Access-Control-Allow-Origin");
  if (origin !== null) c.res.headers.set("Timing-Allow-Origin", origin);
}

/** Methods by which nothing is changed. A browser asks before all others, except for `POST`. */
const SAFE_METHODS: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

/**
 * Refuses requests that may change something from pages of other origins. CORS alone lets any page send
 * them: browsers submit forms, and `POST` text, to any server, and only keep the response from the page.
 *
 * @throws ProblemError `forbidden`
 */
export const requireOriginToChange = createMiddleware<AppEnv>(async (c, next) => {
  if (!SAFE_METHODS.has(c.req.method)) checkOrigin(c);
  await next();
});

/**
 * Refuses requests from pages of other origins. CORS does not apply to WebSockets: browsers let any page
 * open one to any server.
 *
 * @throws ProblemError `forbidden`
 */
export const requireOrigin = createMiddleware<AppEnv>(async (c, next) => {
  checkOrigin(c);
  await next();
});

/**
 * Accepts pages of this Worker and of `ALLOWED_ORIGINS`, and clients other than pages, which send no
 * `Origin`.
 *
 * @throws ProblemError `forbidden`
 */
function checkOrigin(c: AppContext): void {
  const origin = c.req.header("Origin");
  const allowed = settings(c.env).allowedOrigins;
  if (origin === undefined || allowed === "*") return;
  if (allowed.includes(origin) || origin === new URL(c.req.url).origin) return;
  throw new ProblemError(
    "forbidden",
    "This page's origin is not allowed; add it to the server's ALLOWED_ORIGINS.",
  );
}
