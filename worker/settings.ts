import { createMiddleware } from "hono/factory";
import { InvalidSetting, type Settings, settings } from "../durable-objects/index.ts";
import type { AppEnv } from "./context.ts";
import { ProblemError } from "./http/problem.ts";

/**
 * Refuses every request while a setting is invalid. A mistyped limit would otherwise mean no limit, and
 * a mistyped number of days would end every batch.
 *
 * @throws ProblemError `not_configured`
 */
export const requireSettings = createMiddleware<AppEnv>(async (c, next) => {
  try {
    settings(c.env);
  } catch (error) {
    if (error instanceof InvalidSetting) throw new ProblemError("not_configured", error.message);
    throw error;
  }
  await next();
});

/** Returns the settings for middleware that runs before `requireSettings`; null if one is invalid. */
export function validSettings(env: Env): Settings | null {
  try {
    return settings(env);
  } catch {
    return null;
  }
}
