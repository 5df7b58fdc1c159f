import { createMiddleware } from "hono/factory";
import {
  inJurisdiction,
  InvalidSetting,
  type Settings,
  settings,
} from "../durable-objects/index.ts";
import type { AppEnv } from "./context.ts";
import { ProblemError } from "./http/problem.ts";

/**
 * The bindings that the API can't work without, and the entry of wrangler.toml for each. It works
 * without the page.
 */
const BINDINGS = {
  BUCKET: "[[r2_buckets]]",
  BATCH: "[[durable_objects.bindings]]",
  OWNER: "[[durable_objects.bindings]]",
} as const;

/**
 * Refuses every request while a setting or a binding is missing or invalid. A mistyped limit would
 * otherwise mean no limit, and a mistyped number of days would end every batch.
 *
 * @throws ProblemError `not_configured`
 */
export const requireSettings = createMiddleware<AppEnv>(async (c, next) => {
  for (const [name, entry] of Object.entries(BINDINGS)) {
    if (!(name in c.env)) throw missingBinding(name, entry);
  }
  try {
    settings(c.env);
    inJurisdiction(c.env, c.env.BATCH);
  } catch (error) {
    if (error instanceof InvalidSetting) throw new ProblemError("not_configured", error.message);
    throw error;
  }
  await next();
});

/**
 * Returns the binding that serves the page.
 *
 * @throws ProblemError `not_configured`
 */
export function pageAssets(env: Env): Fetcher {
  if ("ASSETS" in env) return env.ASSETS;
  throw missingBinding("ASSETS", "[assets]");
}

function missingBinding(name: string, entry: string): ProblemError {
  const detail = `The binding ${name} is missing; add it to ${entry} in wrangler.toml, and deploy again.`;
  return new ProblemError("not_configured", detail);
}

/** Returns the settings for middleware that runs before `requireSettings`; null if one is invalid. */
export function validSettings(env: Env): Settings | null {
  try {
    return settings(env);
  } catch {
    return null;
  }
}
