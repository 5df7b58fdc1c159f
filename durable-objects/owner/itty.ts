/**
 * The only module that knows itty-durable. It makes a Durable Object of a class with a few values: the
 * arguments of a method come in a header of a `fetch`, and the whole object is one stored value.
 *
 * That suits a small object that is seldom called, on three conditions:
 * - No request of a client reaches it, because its paths call any method (`/do/call/destroy`).
 * - Keys and arguments are ASCII, because they travel in headers.
 * - A key is never 64 hex digits, which itty-durable takes for an object's id.
 */
import { createDurable, proxyDurable } from "itty-durable";

/** Base class. Methods are synchronous, return a value, and change properties with `writeState`. */
export const IttyDurable = createDurable();

/**
 * Writes properties, and sets them if that succeeds. itty-durable's own `persist` is asynchronous: it would
 * respond before an error, such as a value that is too large.
 */
export function writeState<O extends InstanceType<typeof IttyDurable>>(
  object: O,
  changes: Partial<O>,
): void {
  const { state, ...stored } = object;
  state.storage.kv.put("data", { ...stored, ...changes });
  Object.assign(object, changes);
}

/**
 * Calls a method of the object with this key.
 *
 * @param values JSON values in ASCII
 * @returns the method's result, parsed from JSON
 * @throws Error if the call fails or its response is lost
 */
export async function callDurable(
  namespace: DurableObjectNamespace,
  key: string,
  method: string,
  ...values: unknown[]
): Promise<unknown> {
  if (/^[0-9a-f]{64}$/iu.test(key)) throw new TypeError("A key must not look like an object's id.");
  const stub = proxyDurable(namespace, { name: "durable object", parse: true }).get(key);
  return stub[method]?.(...values).catch((error: unknown) => {
    const isMissing = String(error).includes(`does not contain method ${method}()`);
    throw isMissing ? new MissingMethod(method) : error;
  });
}

/** The object runs an earlier version of the code. */
export class MissingMethod extends Error {
  constructor(method: string) {
    super(`The object has no method ${method}.`);
    this.name = "MissingMethod";
  }
}
