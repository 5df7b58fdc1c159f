import { createMiddleware } from "hono/factory";
import { secureHeaders } from "hono/secure-headers";
import { version } from "../../package.json";

/** One year: how long browsers use HTTPS only. */
const HSTS_SECONDS = 31_536_000;

/**
 * Sets security headers on every response of the Worker: none can be shown as a page, run as a script
 * or embedded in another site. The page's own headers are in site/public/_headers. Headers that a
 * route has set take precedence.
 */
export const securityHeaders = secureHeaders({
  overwrite: false,
  contentSecurityPolicy: {
    defaultSrc: ["'none'"],
    baseUri: ["'none'"],
    formAction: ["'none'"],
    frameAncestors: ["'none'"],
    sandbox: [],
  },
  // Without includeSubDomains, as the operator's other subdomains are none of this Worker's business.
  strictTransportSecurity: `max-age=${HSTS_SECONDS}`,
  permissionsPolicy: { camera: [], geolocation: [], microphone: [] },
  originAgentCluster: false,
  // Legacy equivalents of frame-ancestors, Content-Disposition and nosniff.
  xDnsPrefetchControl: false,
  xDownloadOptions: false,
  xFrameOptions: false,
  xPermittedCrossDomainPolicies: false,
  xXssProtection: false,
});

/** Name of the header that every response of the Worker carries. */
export const VERSION_HEADER = "Tallyman-Version";

/**
 * Marks every response as the Worker's. A client takes a response without the header for one of a system
 * in between, such as a proxy or a captive portal, which says nothing about its request.
 *
 * `Date` tells clients the time by which all times in responses count, as a device's clock may be wrong
 * by days. Cloudflare's network adds it; local runs don't.
 */
export const versionHeader = createMiddleware(async (c, next) => {
  await next();
  c.res.headers.set(VERSION_HEADER, version);
  c.res.headers.set("Date", new Date().toUTCString());
});

/** Forbids caching of responses whose route sets no `Cache-Control`. */
export const noStoreByDefault = createMiddleware(async (c, next) => {
  await next();
  if (!c.res.headers.has("Cache-Control")) c.res.headers.set("Cache-Control", "no-store");
});

/**
 * Lets pages of other sites show a response as an image, audio or video. Only for responses that a token
 * guards: a page that has no token gets nothing to show.
 */
export const allowEmbedding = createMiddleware(async (c, next) => {
  await next();
  c.header("Cross-Origin-Resource-Policy", "cross-origin");
});
