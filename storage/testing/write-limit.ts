import { env } from "cloudflare:workers";
import { vi } from "vitest";
import { r2Error } from "./r2-errors.ts";

/** "Maximum concurrent writes to the same object name (key): 1 per second" (R2's limits page). */
const WRITE_INTERVAL_MS = 1000;

/**
 * Gives the bucket R2's limit of writes, until all mocks are restored: a `put` fails with 10058 while
 * another one writes to its key, and for a second after that one began.
 *
 * @param putMs time that each `put` takes
 */
export function limitWrites(putMs: number): void {
  const put = env.BUCKET.put.bind(env.BUCKET);
  /** Start of the latest write by key; Infinity while it lasts. */
  const writes = new Map<string, number>();
  vi.spyOn(env.BUCKET, "put").mockImplementation(async (key, ...rest) => {
    const startedAt = Date.now();
    if ((writes.get(key) ?? -Infinity) + WRITE_INTERVAL_MS > startedAt) {
      throw r2Error("put", "rateLimited");
    }
    writes.set(key, Infinity);
    try {
      await scheduler.wait(putMs);
      return await put(key, ...rest);
    } finally {
      writes.set(key, startedAt);
    }
  });
}
