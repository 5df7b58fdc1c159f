import { settings } from "../../durable-objects/index.ts";
import type { AppContext } from "../context.ts";
import { notFoundResponse } from "../http/errors.ts";
import { pageAssets } from "../settings.ts";

/** Paths of the API, whose responses are for programs even if a person opens one. */
const API = /^\/v1(?:\/|$)/u;

/** Returns the page of a batch, which reads the id from its own address and says if it is unknown. */
export async function batchPage(c: AppContext): Promise<Response> {
  const page = await pageAssets(c.env).fetch(new URL("/", c.req.url));
  // The headers of a fetched response are immutable.
  const response = new Response(page.body, page);
  allowContentOrigin(response.headers, settings(c.env).contentOrigin);
  return response;
}

const POLICY = "Content-Security-Policy";

/**
 * Allows a page to show pictures and videos from the origin of the files, to which requests are redirected.
 * Static files that `npm run deploy` has deployed allow it already.
 */
function allowContentOrigin(headers: Headers, origin: string | null): void {
  const policy = headers.get(POLICY);
  if (origin === null || policy === null || policy.includes(origin)) return;
  headers.set(POLICY, policy.replaceAll(/\b(?:img|media)-src 'self'/gu, `$& ${origin}`));
}

/**
 * Responds to a path that no route matches: with a page if a browser navigates to it, and with a problem
 * to programs. The Worker gets every path that is no static file, as `not_found_handling` is "none", with
 * Wrangler and deployed alike.
 */
export async function unknownPath(c: AppContext): Promise<Response> {
  const page = isForPerson(c) ? await pageAssets(c.env).fetch(new URL("/404", c.req.url)) : null;
  const problem = notFoundResponse(c);
  if (!page?.ok) return problem;
  const { headers } = new Response(null, page);
  headers.set("Cache-Control", "no-store");
  headers.delete("ETag");
  return new Response(page.body, { status: problem.status, headers });
}

/** True for a navigation. A script that is missing must not get a page. */
function isForPerson(c: AppContext): boolean {
  const isPage = (c.req.header("Sec-Fetch-Dest") ?? "document") === "document";
  const takesPages = /\btext\/html\b/u.test(c.req.header("Accept") ?? "");
  return isPage && takesPages && !API.test(c.req.path) && ["GET", "HEAD"].includes(c.req.method);
}
