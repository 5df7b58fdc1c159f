import { env } from "cloudflare:workers";
import { vi } from "vitest";

/** Makes all further calls of these methods of every Batch fail, until all mocks are restored. */
export function breakCalls(...methods: readonly string[]): void {
  replaceCalls(methods, () => Promise.resolve());
}

/** Loses the responses to all further calls of these methods, until all mocks are restored. */
export function loseResponses(...methods: readonly string[]): void {
  replaceCalls(methods, async (call) => void (await call()));
}

function replaceCalls(
  methods: readonly string[],
  effect: (call: () => Promise<unknown>) => Promise<void>,
): void {
  const getByName = env.BATCH.getByName.bind(env.BATCH);
  vi.spyOn(env.BATCH, "getByName").mockImplementation((name) => {
    const stub = getByName(name);
    return new Proxy(stub, {
      get(_, property) {
        const method: unknown = Reflect.get(stub, property);
        if (typeof method !== "function" || !methods.includes(String(property))) return method;
        return async (...args: unknown[]) => {
          await effect(async (): Promise<unknown> => Reflect.apply(method, stub, args));
          throw new Error("Network connection lost.");
        };
      },
    });
  });
}
