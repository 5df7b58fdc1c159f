import { CALL_RETRIES } from "../../../storage/testing/platform.ts";
import type { Core } from "../core.ts";
import { isRetryable } from "../modules/cloudflare-durable-objects.ts";
import { Host } from "../time/host.ts";
import { clone } from "./clone.ts";
import type { CallOutcome, SimulatedObject } from "./object.ts";
import type { DurableObject } from "./worker-module.ts";

/** Creates the stub through which a Worker calls a Durable Object. Calls take time and may be lost. */
export function createStub(core: Core, caller: Host, object: SimulatedObject): object {
  return new Proxy(
    {},
    {
      get: (_, method) => {
        if (typeof method !== "string" || method === "then") return undefined;
        if (method === "fetch") return (url: URL, init: RequestInit) => fetchOf(url, init);
        return (...args: unknown[]) => callOf(method, args);
      },
    },
  );

  function fetchOf(url: URL, init: RequestInit): Promise<unknown> {
    const run = (target: DurableObject) => target.fetch(new Request(url, init));
    return new RemoteCall({ core, caller, object, name: "fetch", run, mayRepeat: false }).start();
  }

  async function callOf(method: string, args: unknown[]): Promise<unknown> {
    const sent: unknown[] = clone(args);
    const run = (target: DurableObject) => Reflect.apply(methodOf(target, method), target, sent);
    const mayRepeat = isRetryable(methodOf(object.prototype, method));
    const call = new RemoteCall({ core, caller, object, name: method, run, mayRepeat });
    return clone(await call.start());
  }
}

function methodOf(target: object, name: string): (...args: unknown[]) => unknown {
  const method: unknown = Reflect.get(target, name);
  if (isFunction(method)) return method;
  throw new TypeError(`The RPC receiver does not implement the method "${name}".`);
}

function isFunction(value: unknown): value is (...args: unknown[]) => unknown {
  return typeof value === "function";
}

interface CallOptions {
  core: Core;
  caller: Host;
  object: SimulatedObject;
  name: string;
  run: (object: DurableObject) => unknown;
  /** True if the platform may repeat a call that may have run. */
  mayRepeat: boolean;
}

/** One call with all of its attempts. */
class RemoteCall {
  readonly #options: CallOptions;
  readonly #network = new Host("network");
  readonly #result = Promise.withResolvers<unknown>();
  readonly #startedAt: number;
  #attempts = 0;
  #isSettled = false;

  constructor(options: CallOptions) {
    this.#options = options;
    this.#startedAt = options.core.scheduler.now;
  }

  start(): Promise<unknown> {
    this.#attempt();
    return this.#result.promise;
  }

  #attempt(): void {
    const { core, name } = this.#options;
    const { faults, random, scheduler } = core;
    if (this.#isSettled) return;
    this.#attempts++;
    if (faults.occurs("callLost")) return this.#disconnect(true);
    const isLate = this.#options.mayRepeat && faults.occurs("callLate");
    const travel = random.skewed(0.3, faults.occurs("slowCalls") ? 3000 : 5);
    const delay = isLate ? travel + random.skewed(10, 20_000) : travel;
    scheduler.after(delay, this.#network, `carries ${name}`, () => this.#arrive());
    if (isLate) this.#disconnect(false);
  }

  #arrive(): void {
    const { core, object, name, run } = this.#options;
    const isResultLost = core.faults.occurs("resultLost");
    const onOutcome = (outcome: CallOutcome) => {
      if (isResultLost) this.#disconnect(false);
      else this.#deliver(outcome);
    };
    object.call(name, run, onOutcome, () => this.#disconnect(false));
  }

  #deliver(outcome: CallOutcome): void {
    const { random, faults } = this.#options.core;
    const travel = random.skewed(0.3, faults.occurs("slowCalls") ? 3000 : 5);
    this.#settle(travel, () => {
      if ("error" in outcome) this.#result.reject(outcome.error);
      else this.#result.resolve(outcome.value);
    });
  }

  /**
   * Loses the connection, and repeats the call if possible.
   *
   * @param neverArrived true if the call certainly did not reach the object
   */
  #disconnect(neverArrived: boolean): void {
    const { core, mayRepeat } = this.#options;
    const { random, scheduler } = core;
    if (this.#isSettled) return;
    const wait = random.skewed(1, 200) * 2 ** this.#attempts;
    const isTooLate = scheduler.now + wait - this.#startedAt > CALL_RETRIES.latestMs;
    const isLast = isTooLate || this.#attempts >= CALL_RETRIES.attempts;
    const isRepeated = (neverArrived || mayRepeat) && !isLast;
    if (isRepeated) scheduler.after(wait, this.#network, "repeats a call", () => this.#attempt());
    else this.#settle(1, () => this.#result.reject(lostConnection()));
  }

  #settle(ms: number, settle: () => void): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    const { core, caller, name } = this.#options;
    core.scheduler.after(ms, caller, `gets the result of ${name}`, settle);
  }
}

function lostConnection(): Error {
  return Object.assign(new Error("Network connection lost."), { retryable: true });
}
