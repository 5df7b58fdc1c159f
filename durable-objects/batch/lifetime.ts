import type { Lifetime } from "./tally.ts";

const DAY_MS = 24 * 60 * 60 * 1000;

/** How long the operator keeps batches: `BATCH_DAYS` without change, and `RECORD_DAYS` when over. */
export function lifetimeOf({ BATCH_DAYS, RECORD_DAYS }: Env): Lifetime {
  return { unfinished: Number(BATCH_DAYS) * DAY_MS, finished: Number(RECORD_DAYS) * DAY_MS };
}
