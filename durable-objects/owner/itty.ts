/**
 * The one module that knows itty-durable, which makes a Durable Object of a class with a few values:
 * a method's arguments come in a header of a `fetch`, and the whole object is one stored value.
 *
 * That is right for an object that is small and seldom called, on three conditions, which are kept
 * here. No client's request reaches it, as its addresses call any method (`/do/call/destroy`). What
 * travels in headers is ASCII. A key is never 64 hex digits, which it would take for an object's id.
 */
import { createDurable, proxyDurable } from "itty-durable";

/** To be extended: methods are synchronous, return a value, and `persist()` what they have changed. */
export const IttyDurable = createDurable();

/**
 * Calls a method of the object of that key.
 *
 * @param values of JSON, in ASCII
 * @returns what it returned, as JSON brings it back
 * @throws Error where the call fails, or is lost
 */
export async function callDurable(
  namespace: DurableObjectNamespace,
  key: string,
  method: string,
  ...values: unknown[]
): Promise<unknown> {
  if (/^[0-9a-f]{64}$/iu.test(key))
    throw new TypeError("An object's key is not to look like its id.");
  const stub = proxyDurable(namespace, { name: "durable object", parse: true }).get(key);
  return stub[method]?.(...values);
}
