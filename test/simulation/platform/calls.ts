import type { Core } from "../core.ts";
import { Host } from "../time/host.ts";
import { clone } from "./clone.ts";
import { isRetryable } from "../modules/cloudflare-durable-objects.ts";
import type { CallOutcome, SimulatedObject } from "./object.ts";
import type { DurableObject } from "./worker-module.ts";

/** The platform tries a call so often, and begins no try later than that. */
const MAX_ATTEMPTS = 5;
const LATEST_ATTEMPT_MS = 10_000;

/** What a Worker has of a Durable Object: its methods, which travel, and may get lost. */
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
    return new RemoteCall({ core, caller, object, name: "fetch", run, isRetryable: false }).start();
  }

  async function callOf(method: string, args: unknown[]): Promise<unknown> {
    const sent: unknown[] = clone(args);
    const run = (target: DurableObject) => Reflect.apply(methodOf(target, method), target, sent);
    const mayRepeat = isRetryable(methodOf(object.prototype, method));
    const call = new RemoteCall({
      core,
      caller,
      object,
      name: method,
      run,
      isRetryable: mayRepeat,
    });
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
  /** May the platform run it again when it does not know whether it ran? */
  isRetryable: boolean;
}

/** One call, as often as the platform tries it. */
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
    const { core, name: what } = this.#options;
    const { faults, random, scheduler } = core;
    if (this.#isSettled) return;
    this.#attempts++;
    if (faults.occurs("callLost")) return this.#disconnect(true);
    const isLate = this.#options.isRetryable && faults.occurs("callLate");
    const travel = random.skewed(0.3, faults.occurs("slowCalls") ? 3000 : 5);
    const delay = isLate ? travel + random.skewed(10, 20_000) : travel;
    scheduler.after(delay, this.#network, `brings ${what}`, () => this.#arrive());
    if (isLate) this.#disconnect(false);
  }

  #arrive(): void {
    const { core, object, name: what, run } = this.#options;
    const isResultLost = core.faults.occurs("resultLost");
    const answer = (outcome: CallOutcome) => {
      if (isResultLost) this.#disconnect(false);
      else this.#deliver(outcome);
    };
    object.call(what, run, answer, () => this.#disconnect(false));
  }

  #deliver(outcome: CallOutcome): void {
    const { random, faults } = this.#options.core;
    const travel = random.skewed(0.3, faults.occurs("slowCalls") ? 3000 : 5);
    this.#settle(travel, () => {
      if ("error" in outcome) this.#result.reject(outcome.error);
      else this.#result.resolve(outcome.value);
    });
  }

  /** The connection is lost: is it known that the call never reached the object? */
  #disconnect(neverArrived: boolean): void {
    const { core, isRetryable: mayRepeat } = this.#options;
    const { random, scheduler } = core;
    if (this.#isSettled) return;
    const wait = random.skewed(1, 200) * 2 ** this.#attempts;
    const isTooLate = scheduler.now + wait - this.#startedAt > LATEST_ATTEMPT_MS;
    const mayTry = (neverArrived || mayRepeat) && this.#attempts < MAX_ATTEMPTS && !isTooLate;
    if (mayTry) scheduler.after(wait, this.#network, "tries again", () => this.#attempt());
    else this.#settle(1, () => this.#result.reject(lostConnection()));
  }

  #settle(ms: number, tell: () => void): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    const { core, caller, name: what } = this.#options;
    core.scheduler.after(ms, caller, `hears of ${what}`, tell);
  }
}

function lostConnection(): Error {
  return Object.assign(new Error("Network connection lost."), { retryable: true });
}
