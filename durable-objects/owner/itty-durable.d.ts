/** The used part of itty-durable, whose own types are `any`. */
declare module "itty-durable" {
  interface IttyDurable {
    /** Never stored. */
    readonly state: DurableObjectState;
    fetch(request: Request): Promise<Response>;
    /** Reads all properties, unless they were read before. */
    loadFromStorage(): Promise<void>;
  }

  export function createDurable(): new (state: DurableObjectState, env: Env) => IttyDurable;

  /** Every property is a method of the object, `then` included. So a stub must not be awaited. */
  type Stub = Readonly<Record<string, ((...values: unknown[]) => Promise<unknown>) | undefined>>;

  export function proxyDurable(
    namespace: DurableObjectNamespace,
    options: { name: string; parse: true },
  ): { get(name: string): Stub };
}
