import { createMiddleware } from "hono/factory";
import type { AppEnv } from "../context.ts";
import { minRateOf } from "./slow-body.ts";
import { BodyReader } from "./request-body.ts";

/**
 * Gives handlers the request's body to read, and reads whatever they left of it: an answer that
 * overtakes its request's body breaks the connection (workerd#1730), and the client sees a reset
 * where a problem was said. It is as much as a request may bring at most, and as slow.
 */
export const readBody = createMiddleware<AppEnv>(async (c, next) => {
  const body = new BodyReader(c.req.raw.body, minRateOf(c.env));
  c.set("body", body);
  await next();
  await body.drain();
});
