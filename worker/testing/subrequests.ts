import { env } from "cloudflare:workers";

/** Bindings that count the subrequests made through them: calls to R2 and to Durable Objects. */
export function countingBindings() {
  const calls: string[] = [];
  const countCalls = <T extends object>(target: T, label: string): T =>
    wrapMethods(target, (method, call) => {
      calls.push(`${label}.${method}`);
      return call();
    });
  const countStubs = <T extends object>(namespace: T, label: string): T =>
    wrapMethods(namespace, (method, call) => {
      const result = call();
      const isStub = method === "get" || method === "getByName";
      return isStub && typeof result === "object" && result ? countCalls(result, label) : result;
    });
  const bindings = {
    BUCKET: countCalls(env.BUCKET, "BUCKET"),
    BATCH: countStubs(env.BATCH, "BATCH"),
    OWNER: countStubs(env.OWNER, "OWNER"),
  };
  return { bindings, calls };
}

function wrapMethods<T extends object>(
  target: T,
  wrap: (method: string, call: () => unknown) => unknown,
): T {
  return new Proxy(target, {
    get(object, name) {
      const value: unknown = Reflect.get(object, name, object);
      if (typeof value !== "function") return value;
      return (...args: unknown[]): unknown =>
        wrap(String(name), () => Reflect.apply(value, object, args) as unknown);
    },
  });
}
