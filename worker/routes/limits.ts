import { Hono } from "hono";
import { settings } from "../../durable-objects/index.ts";
import type { AccessInfo } from "../../protocol/index.ts";
import { identifiedLimits } from "../auth/owner.ts";
import { announcedLimits } from "../batches/announced-limits.ts";
import type { AppEnv } from "../context.ts";

/**
 * The conditions for a new batch, so that a client can tell before it has any files that it needs a
 * grant, or that its grant has expired.
 */
export const limits = new Hono<AppEnv>().get("/", async (c) => {
  const grantLimits = await identifiedLimits(c);
  const { access, abuseContact } = settings(c.env);
  const info: AccessInfo = {
    access,
    limits: announcedLimits(c.env, grantLimits),
    ...(abuseContact !== null && { contact: abuseContact }),
  };
  return c.json(info);
});
