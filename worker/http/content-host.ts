import { createMiddleware } from "hono/factory";
import { settings } from "../../durable-objects/index.ts";
import type { AppEnv } from "../context.ts";
import { ProblemError } from "./problem.ts";

const CONTENT_PATH = /^\/v1\/batches\/[^/]+\/files\/[^/]+\/content$/u;

/**
 * With `CONTENT_ORIGIN`, serves uploaded files at that origin only, and nothing else there: a file that
 * a browser ran by a mistake would run without the data and the API of the site. Requests for a file at
 * the site are redirected, as clients may build its address themselves.
 *
 * @throws ProblemError `not_found` for another path at the origin of the files
 */
export const separateContent = createMiddleware<AppEnv>(async (c, next) => {
  const { contentOrigin } = settings(c.env);
  if (contentOrigin === null) return next();
  const { origin, pathname, search } = new URL(c.req.url);
  const isContent = CONTENT_PATH.test(c.req.path);
  if (isContent === (origin === contentOrigin)) return next();
  if (isContent) {
    // Browsers check the redirect of an image as well.
    c.header("Cross-Origin-Resource-Policy", "cross-origin");
    return c.redirect(`${contentOrigin}${pathname}${search}`, 307);
  }
  throw new ProblemError(
    "not_found",
    "This origin serves uploaded files only; call the API at the origin of the site.",
  );
});
