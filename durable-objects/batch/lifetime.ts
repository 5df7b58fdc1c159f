import type { Lifetime } from "./tally.ts";

const MINUTE_MS = 60 * 1000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/** What was in flight to R2 when a batch was removed has arrived, or never will: to be swept then. */
const IN_FLIGHT_MS = 10 * MINUTE_MS;

/** How long the operator keeps batches: `BATCH_DAYS` without change, and `RECORD_DAYS` when over. */
export function lifetimeOf({ BATCH_DAYS, RECORD_DAYS }: Env): Lifetime {
  return {
    unfinished: Number(BATCH_DAYS) * DAY_MS,
    finished: Number(RECORD_DAYS) * DAY_MS,
    removed: IN_FLIGHT_MS,
  };
}
