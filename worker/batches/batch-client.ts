import type { Batch, BatchMethod, Result } from "../../durable-objects/index.ts";
import { ProblemError } from "../http/problem.ts";

/** The value of a method's result, without the refusals, which the client throws. */
type Value<R> = [R] extends [Result<infer T>] ? T : R;

type BatchMethods = {
  [M in BatchMethod]: (
    ...args: Parameters<Batch[M]>
  ) => Promise<Value<Awaited<ReturnType<Batch[M]>>>>;
};

/**
 * The Durable Object of one batch. Its methods are those of `Batch`; a refusal is thrown as a
 * `ProblemError`. The platform retries a failed call, as the object marks its methods `retryable`.
 */
export interface BatchClient extends BatchMethods {
  readonly id: string;
  /** Opens a watcher's WebSocket. */
  live: (since: number | undefined) => Promise<Response>;
}

/** A call by method name. The platform's own stub type turns tuples, such as rows, into arrays. */
type Stub = Pick<DurableObjectStub, "fetch"> &
  Record<string, (...args: unknown[]) => Promise<unknown>>;

/**
 * Returns the client of a batch.
 *
 * @param calls counts the calls to the object, which determine what a request costs the batch
 * @param address the client's address, by which the object counts its watchers; null if unknown
 * @example
 * const { state } = await batchClient(env, id, c.var.batchCalls).status();
 */
export function batchClient(
  env: Env,
  id: string,
  calls: { count: number },
  address: string | null = null,
): BatchClient {
  // A new stub for each call: a stub that has lost its object stays broken.
  const connect = (): Stub => {
    calls.count++;
    return env.BATCH.getByName(id) as unknown as Stub;
  };
  const target = { id, live: async (since?: number) => openSocket(connect(), since, address) };
  return new Proxy(target as BatchClient, {
    get: (own, name): unknown => {
      // `await` looks for a method `then`.
      if (typeof name === "symbol" || name === "then" || name in own) return Reflect.get(own, name);
      return async (...args: unknown[]) => valueOf(await connect()[name]?.(...args));
    },
  });
}

/** Sends a request with nothing from the client's own. */
async function openSocket(
  stub: Stub,
  since: number | undefined,
  address: string | null,
): Promise<Response> {
  const url = new URL("https://batch/live");
  if (since !== undefined) url.searchParams.set("since", String(since));
  if (address !== null) url.searchParams.set("address", address);
  const response = await stub.fetch(url, { headers: { Upgrade: "websocket" } });
  if (!response.webSocket) valueOf(await response.json());
  return response;
}

/** `create` is never refused and returns its value without a result. */
function valueOf(result: unknown): unknown {
  if (!isResult(result)) return result;
  if (result.ok) return result.value;
  throw ProblemError.from(result);
}

function isResult(value: unknown): value is Result<unknown> {
  return typeof value === "object" && value !== null && "ok" in value;
}
