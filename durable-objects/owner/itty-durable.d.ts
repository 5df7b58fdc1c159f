/** What is used of itty-durable, whose own types are `any` throughout. */
declare module "itty-durable" {
  interface IttyDurable {
    fetch(request: Request): Promise<Response>;
    /** Writes all of the object's properties but `state`. */
    persist(): Promise<void>;
  }

  export function createDurable(): new (state: DurableObjectState, env: Env) => IttyDurable;

  /** Every property of a stub is a method of the object: `then` too, so a stub is not to be awaited. */
  type Stub = Readonly<Record<string, ((...values: unknown[]) => Promise<unknown>) | undefined>>;

  export function proxyDurable(
    namespace: DurableObjectNamespace,
    options: { name: string; parse: true },
  ): { get(name: string): Stub };
}
