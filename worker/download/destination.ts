import { createMiddleware } from "hono/factory";
import type { AppEnv } from "../context.ts";
import { ProblemError } from "../http/problem.ts";

/** Uses of a response in which no browser runs it: `fetch()`, a link, and elements that display media. */
const INERT_DESTINATIONS: ReadonlySet<string> = new Set([
  "empty",
  "document",
  "image",
  "audio",
  "video",
]);

/**
 * Refuses a request by which a browser would run an uploaded file, as a script, style, worker, manifest,
 * frame or plug-in. The type and `nosniff` prevent that too, but not of a manifest, whose type browsers
 * ignore. Clients other than browsers, and old browsers, send no `Sec-Fetch-Dest`.
 *
 * @throws ProblemError `forbidden`
 */
export const requireInertDestination = createMiddleware<AppEnv>(async (c, next) => {
  const destination = c.req.header("Sec-Fetch-Dest") ?? "empty";
  if (!INERT_DESTINATIONS.has(destination.toLowerCase())) throw wouldRun(destination);
  await next();
});

function wouldRun(destination: string): ProblemError {
  return new ProblemError(
    "forbidden",
    `Uploaded files can't be loaded as ${JSON.stringify(destination)} (Sec-Fetch-Dest); link to the file, show it as an image, audio or video, or read it with fetch().`,
  );
}
