import { env } from "cloudflare:workers";

/** One call of the Worker to R2 or to a Durable Object, which counts as a subrequest. */
export interface BindingCall {
  binding: "BUCKET" | "BATCH" | "OWNER";
  method: string;
  args: readonly unknown[];
}

/** Returns the bindings to R2 and the Durable Objects, and the calls that are made through them. */
export function observeBindings() {
  const calls: BindingCall[] = [];
  const observe = <T extends object>(target: T, binding: BindingCall["binding"]): T =>
    wrapMethods(target, (method, args, call) => {
      calls.push({ binding, method, args });
      return call();
    });
  const observeStubs = <T extends object>(namespace: T, binding: BindingCall["binding"]): T =>
    wrapMethods(namespace, (method, _, call) => {
      const result = call();
      const isStub = method === "get" || method === "getByName";
      return isStub && typeof result === "object" && result ? observe(result, binding) : result;
    });
  const bindings = {
    BUCKET: observe(env.BUCKET, "BUCKET"),
    BATCH: observeStubs(env.BATCH, "BATCH"),
    OWNER: observeStubs(env.OWNER, "OWNER"),
  };
  return { bindings, calls };
}

function wrapMethods<T extends object>(
  target: T,
  wrap: (method: string, args: readonly unknown[], call: () => unknown) => unknown,
): T {
  return new Proxy(target, {
    get(object, name) {
      const value: unknown = Reflect.get(object, name, object);
      if (typeof value !== "function") return value;
      return (...args: unknown[]): unknown =>
        wrap(String(name), args, () => Reflect.apply(value, object, args) as unknown);
    },
  });
}
