import { vi } from "vitest";
import { skipTime } from "./clock.ts";

/** Lets calls to R2 be repeated without a wait, until all mocks are restored. */
export function skipWaits(): void {
  vi.spyOn(scheduler, "wait").mockImplementation((ms) => {
    skipTime(ms);
    return Promise.resolve();
  });
}
