import type { Core } from "../core.ts";
import type { UpgradableResponse } from "../globals/workerd.ts";
import { Host } from "../time/host.ts";
import type { SocketEnd } from "../network/socket-connection.ts";
import type { WorkerModule } from "./worker-module.ts";

/** How long a Worker may go on once its request is answered, or its client gone. */
const WAIT_UNTIL_MS = 30_000;

/** What comes back of a request. */
export interface WorkerResponse {
  status: number;
  headers: Headers;
  text: string;
  /** The client's end, where a WebSocket was opened. */
  socketEnd: SocketEnd | null;
}

/** Who asked, and is told of the answer: or that there will be none, as the isolate has died. */
export interface ResponseHandlers {
  onResponse: (answer: WorkerResponse) => void;
  onLost: () => void;
}

/** The isolate in which the Worker serves all its requests, until it dies and there is another. */
export class Edge {
  readonly #core: Core;
  readonly #worker: WorkerModule;
  readonly #envFor: (host: Host) => object;
  readonly #invocations = new Set<Invocation>();
  #count = 0;

  constructor(core: Core, worker: WorkerModule, envFor: (host: Host) => object) {
    this.#core = core;
    this.#worker = worker;
    this.#envFor = envFor;
  }

  /** A request has come: what is made of it begins with `begin()`. */
  receive(request: Request, visitor: ResponseHandlers): Invocation {
    const { faults, random, scheduler } = this.#core;
    const host = new Host(`request ${++this.#count}`);
    const serve = (context: object) =>
      this.#worker.default.fetch(request, this.#envFor(host), context);
    const visit = new Invocation({ core: this.#core, host, handlers: visitor, request, serve });
    this.#invocations.add(visit);
    host.onDeath(() => this.#invocations.delete(visit));
    if (faults.occurs("isolateCrash")) {
      scheduler.after(random.skewed(0, 500), new Host("edge"), "crashes", () => this.crash());
    }
    return visit;
  }

  crash(): void {
    for (const visit of this.#invocations) visit.crash();
  }
}

interface InvocationOptions {
  core: Core;
  host: Host;
  handlers: ResponseHandlers;
  request: Request;
  serve: (context: object) => Promise<Response>;
}

/** One request as the Worker serves it. Its timers and calls end with it, as they do on workerd. */
export class Invocation {
  readonly host: Host;
  readonly #core: Core;
  readonly #handlers: ResponseHandlers;
  readonly #request: Request;
  readonly #serve: (context: object) => Promise<Response>;
  readonly #promises: Promise<unknown>[] = [];
  #hasResponded = false;

  constructor({ core, host, handlers: visitor, request, serve }: InvocationOptions) {
    this.#core = core;
    this.host = host;
    this.#handlers = visitor;
    this.#request = request;
    this.#serve = serve;
  }

  /** Serves it, as the last thing of what happens at the moment. */
  start(): void {
    const { method, url } = this.#request;
    const waitUntil = (promise: Promise<unknown>) => void this.#promises.push(promise);
    this.#core.scheduler.continueOn(this.host, `${method} ${pathOf(url)}`, () => {
      void this.#respond({ waitUntil, passThroughOnException: () => undefined });
    });
  }

  /** The client is gone: only what the Worker has promised to finish is finished. */
  clientLeft(): void {
    if (!this.#hasResponded) void this.#end();
  }

  crash(): void {
    this.host.kill();
    if (!this.#hasResponded) this.#handlers.onLost();
  }

  async #respond(context: object): Promise<void> {
    const response = await this.#serve(context);
    const { status, headers } = response;
    const socket = isUpgradable(response) ? response.webSocket : null;
    const answer = { status, headers, text: await response.text(), socketEnd: socket?.end ?? null };
    this.#hasResponded = true;
    this.#handlers.onResponse(answer);
    await this.#end();
  }

  async #end(): Promise<void> {
    const { scheduler } = this.#core;
    const end = () => this.host.kill();
    const takeBack = scheduler.after(WAIT_UNTIL_MS, new Host("edge"), "ends a request", end);
    await Promise.allSettled(this.#promises);
    takeBack();
    end();
  }
}

function isUpgradable(response: Response): response is UpgradableResponse {
  return "webSocket" in response;
}

function pathOf(url: string): string {
  const { pathname, search } = new URL(url);
  // A token's length is all that matters of it here.
  return pathname + search.replace(/token=[^&]+/u, "token");
}
