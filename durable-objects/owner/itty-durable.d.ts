/** The used part of itty-durable, whose own types are `any`. */
declare module "itty-durable" {
  interface IttyDurable {
    fetch(request: Request): Promise<Response>;
    /** Writes all properties of the object except `state`. */
    persist(): Promise<void>;
  }

  export function createDurable(): new (state: DurableObjectState, env: Env) => IttyDurable;

  /** Every property is a method of the object, `then` included. So a stub must not be awaited. */
  type Stub = Readonly<Record<string, ((...values: unknown[]) => Promise<unknown>) | undefined>>;

  export function proxyDurable(
    namespace: DurableObjectNamespace,
    options: { name: string; parse: true },
  ): { get(name: string): Stub };
}
