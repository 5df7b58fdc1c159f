import { env } from "cloudflare:workers";
import { vi } from "vitest";

/** Makes all further calls of these methods of every Batch fail, until all mocks are restored. */
export function breakCalls(...broken: readonly string[]): void {
  const getByName = env.BATCH.getByName.bind(env.BATCH);
  vi.spyOn(env.BATCH, "getByName").mockImplementation((name) => {
    return new Proxy(getByName(name), {
      get(stub, method) {
        if (broken.includes(String(method))) {
          return () => Promise.reject(new Error("Network connection lost."));
        }
        const value: unknown = Reflect.get(stub, method);
        return value;
      },
    });
  });
}
