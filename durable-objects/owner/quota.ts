import { limitOf } from "../limit.ts";
import type { Amount } from "./messages.ts";

/** How much an owner may do; null is as much as they like. */
export interface Quota {
  openBatches: number | null;
  /** In one day of UTC. */
  day: { [What in keyof Amount]: number | null };
}

/** How much the operator lets one owner do. */
export function quotaOf(env: Env): Quota {
  const { QUOTA_OPEN_BATCHES, QUOTA_FILES_PER_DAY, QUOTA_BYTES_PER_DAY } = env;
  return {
    openBatches: limitOf(QUOTA_OPEN_BATCHES),
    day: { files: limitOf(QUOTA_FILES_PER_DAY), bytes: limitOf(QUOTA_BYTES_PER_DAY) },
  };
}
