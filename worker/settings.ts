import { createMiddleware } from "hono/factory";
import type { AppEnv } from "./context.ts";
import { ProblemError } from "./http/problem.ts";

/** With none of them every batch would be called off at once. */
const DAYS = ["BATCH_DAYS", "RECORD_DAYS"] as const;

/** 0, or left out, is no limit but the server's own. */
const LIMITS = [
  "BATCH_FILES",
  "BATCH_BYTES",
  "FILE_BYTES",
  "QUOTA_OPEN_BATCHES",
  "QUOTA_FILES_PER_DAY",
  "QUOTA_BYTES_PER_DAY",
  "BODY_BYTES_PER_SECOND",
  "BODY_GRACE_SECONDS",
  "WATCHERS_PER_BATCH",
  "WATCHERS_PER_ADDRESS",
] as const;

/**
 * A mistyped limit would be none, and a mistyped number of days would end every batch: nothing is served
 * until the variables of wrangler.toml are what they should be.
 */
export const requireSettings = createMiddleware<AppEnv>(async (c, next) => {
  const wrong = wrongSetting({ ...c.env });
  if (wrong === null) return next();
  throw new ProblemError("not_configured", wrong);
});

/** What to do about the first variable that is wrong; null where all are right. */
function wrongSetting(settings: Readonly<Record<string, unknown>>): string | null {
  const days = DAYS.find((name) => !(numberOf(settings[name]) > 0));
  if (days) return `Set ${days} in wrangler.toml to a number of days, more than 0.`;
  const limit = LIMITS.find((name) => !(numberOf(settings[name] ?? 0) >= 0));
  if (limit) return `Set ${limit} in wrangler.toml to a number, or to 0 where there is no limit.`;
  return null;
}

/** NaN for what has no digit: "" would be 0, and days without end could not be counted. */
function numberOf(variable: unknown): number {
  return /\d/u.test(String(variable)) ? Number(variable) : Number.NaN;
}
