import { env } from "cloudflare:workers";
import { vi } from "vitest";
import { storageNow } from "./clock.ts";
import { KeyWrites } from "./key-writes.ts";

/**
 * Gives the bucket R2's limit of writes, until all mocks are restored.
 *
 * @param putMs time that each `put` takes
 */
export function limitWrites(putMs: number): void {
  const put = env.BUCKET.put.bind(env.BUCKET);
  const writes = new KeyWrites(storageNow);
  vi.spyOn(env.BUCKET, "put").mockImplementation((key, ...rest) =>
    writes.run("put", key, async () => {
      await scheduler.wait(putMs);
      return put(key, ...rest);
    }),
  );
}
