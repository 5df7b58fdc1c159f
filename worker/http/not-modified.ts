import { etag, RETAINED_304_HEADERS } from "hono/etag";

/**
 * Responds 304 if the `ETag` matches. Without the headers of other origins, their pages can neither read the
 * response nor see its timing.
 */
export const notModified = etag({
  retainedHeaders: [
    ...RETAINED_304_HEADERS,
    "Access-Control-Allow-Origin",
    "Access-Control-Expose-Headers",
    "Timing-Allow-Origin",
  ],
});
