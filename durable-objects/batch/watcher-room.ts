import { limitOf } from "../limit.ts";

/** How many watchers one batch may have at a time. */
export interface WatcherRoom {
  all: number;
  /** From one address. */
  address: number;
}

/** As the operator has set it: `WATCHERS_PER_BATCH` and `WATCHERS_PER_ADDRESS`. */
export function watcherRoomOf({ WATCHERS_PER_BATCH, WATCHERS_PER_ADDRESS }: Env): WatcherRoom {
  return {
    all: limitOf(WATCHERS_PER_BATCH) ?? Infinity,
    address: limitOf(WATCHERS_PER_ADDRESS) ?? Infinity,
  };
}
