import {
  type Batch,
  type BatchMethod,
  BEFORE_ACCESS,
  inJurisdiction,
  type Refusal,
  type Result,
  type TokenAccess,
} from "../../durable-objects/index.ts";
import type { LocationHint } from "../../protocol/index.ts";
import { ProblemError } from "../http/problem.ts";

/** The value of a method's result, without the refusals, which the client throws. */
type Value<R> = [R] extends [Result<infer T>] ? T : Exclude<R, Refusal>;

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

interface Caller {
  /** The claims of the token that opened the batch. */
  access?: TokenAccess;
  /** The network address, by which the object counts its watchers; null if unknown. */
  address?: string | null;
  /** The location hint of a batch that the request may create. The platform reads it on the first call. */
  location?: LocationHint | undefined;
}

/** A call by method name. The platform's own stub type turns tuples, such as rows, into arrays. */
type Stub = Pick<DurableObjectStub, "fetch"> &
  Record<string, (...args: unknown[]) => Promise<unknown>>;

/**
 * Returns the client of a batch.
 *
 * @param calls counts the calls to the object, which determine what a request costs the batch
 * @param caller of the request; absent if the Worker calls for itself
 * @example
 * const { state } = await batchClient(env, id, c.var.batchCalls).status();
 */
export function batchClient(
  env: Env,
  id: string,
  calls: { count: number },
  caller: Caller = {},
): BatchClient {
  const placement = caller.location ? { locationHint: caller.location } : {};
  // A new stub for each call: a stub that has lost its object stays broken.
  const connect = (): Stub => {
    calls.count++;
    return inJurisdiction(env, env.BATCH).getByName(id, placement) as unknown as Stub;
  };
  const target = { id, live: async (since?: number) => openSocket(connect(), since, caller) };
  return new Proxy(target as BatchClient, {
    get: (own, name): unknown => {
      // `await` looks for a method `then`.
      if (typeof name === "symbol" || name === "then" || name in own) return Reflect.get(own, name);
      return async (...args: unknown[]) =>
        valueOf(await connect()[name]?.(...withAccess(name, args, caller)));
    },
  });
}

const POSITIONS: Readonly<Record<string, number>> = BEFORE_ACCESS;

/** Adds the access of the caller's token to the arguments of a method that checks it. */
function withAccess(method: string, args: unknown[], { access }: Caller): unknown[] {
  const position = POSITIONS[method];
  if (position === undefined || !access) return args;
  const before = Array.from({ length: position }, (_, index) => args[index]);
  return [...before, access, ...args.slice(position + 1)];
}

/** Sends a request with nothing from the client's own. */
async function openSocket(
  stub: Stub,
  since: number | undefined,
  { access, address = null }: Caller,
): Promise<Response> {
  const url = new URL("https://batch/live");
  if (since !== undefined) url.searchParams.set("since", String(since));
  if (address !== null) url.searchParams.set("address", address);
  if (access) url.searchParams.set("access", JSON.stringify(access));
  const response = await stub.fetch(url, { headers: { Upgrade: "websocket" } });
  if (!response.webSocket) valueOf(await response.json());
  return response;
}

/** `create` returns its value without a result. */
function valueOf(result: unknown): unknown {
  if (!isResult(result)) return result;
  if (result.ok) return result.value;
  throw ProblemError.from(result);
}

function isResult(value: unknown): value is Result<unknown> {
  return typeof value === "object" && value !== null && "ok" in value;
}
