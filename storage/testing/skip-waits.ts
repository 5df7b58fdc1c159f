import { vi } from "vitest";

/** Lets calls to R2 be repeated without a wait, until all mocks are restored. */
export function skipWaits(): void {
  vi.spyOn(scheduler, "wait").mockResolvedValue();
}
