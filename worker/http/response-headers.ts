import { createMiddleware } from "hono/factory";
import { secureHeaders } from "hono/secure-headers";

/** A year, in seconds: as long as browsers remember to come by HTTPS only. */
const HSTS_SECONDS = 31_536_000;

/**
 * What browsers are told of every answer of the Worker, so that none of them can be shown as a page,
 * run as a script or put into another site's: see site/public/_headers for the page's own. A header
 * that a route has set itself stays.
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
  // Not the operator's other subdomains: they are not this Worker's to decide on.
  strictTransportSecurity: `max-age=${HSTS_SECONDS}`,
  permissionsPolicy: { camera: [], geolocation: [], microphone: [] },
  originAgentCluster: false,
  // What frame-ancestors, attachments and nosniff say already, for browsers that are gone.
  xDnsPrefetchControl: false,
  xDownloadOptions: false,
  xFrameOptions: false,
  xPermittedCrossDomainPolicies: false,
  xXssProtection: false,
});

/** No cache keeps what is somebody's, unless the route says otherwise. */
export const noStoreByDefault = createMiddleware(async (c, next) => {
  await next();
  if (!c.res.headers.has("Cache-Control")) c.res.headers.set("Cache-Control", "no-store");
});
