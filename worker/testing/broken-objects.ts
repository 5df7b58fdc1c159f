import { env } from "cloudflare:workers";
import { vi } from "vitest";

/**
 * Makes every call to a Batch or an Owner fail, until all mocks are restored.
 *
 * @param failure an error of the platform
 */
export function breakObjects(failure: Error): void {
  const fail = () => Promise.reject(failure);
  // `await` looks for a method `then`.
  const methodOf = (name: string | symbol) => (name === "then" ? undefined : fail);
  const owner = env.OWNER.getByName("broken");
  const batch = env.BATCH.getByName("broken");
  const brokenOwner = new Proxy(owner, { get: (_, name) => methodOf(name) });
  const brokenBatch = new Proxy(batch, { get: (_, name) => methodOf(name) });
  vi.spyOn(env.OWNER, "get").mockReturnValue(brokenOwner);
  vi.spyOn(env.BATCH, "getByName").mockReturnValue(brokenBatch);
}
