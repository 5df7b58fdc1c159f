import { WAIT_UNTIL_MS } from "../../../storage/testing/platform.ts";
import type { Core } from "../core.ts";
import type { UpgradableResponse } from "../globals/workerd.ts";
import type { SocketEnd } from "../network/socket-connection.ts";
import { Host } from "../time/host.ts";
import type { WorkerModule } from "./worker-module.ts";

/** Time for which an event stream is read, in ms. */
const STREAM_MS = 2000;

/** A complete response of the Worker. */
export interface WorkerResponse {
  status: number;
  headers: Headers;
  text: string;
  /** Time at which the Worker has sent it, in ms since 1970. */
  sentAt: number;
  /** The client's end of a WebSocket; null if none was opened. */
  socketEnd: SocketEnd | null;
}

/** Receives the response, or the news that the isolate has crashed. */
export interface ResponseHandlers {
  onResponse: (response: WorkerResponse) => void;
  onLost: () => void;
}

/** The isolate that serves all requests of the Worker. A crash ends them, and a new isolate follows. */
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

  /** Accepts a request. It is served after `start()`. */
  receive(request: Request, handlers: ResponseHandlers): Invocation {
    const { faults, random, scheduler } = this.#core;
    const host = new Host(`request ${++this.#count}`);
    // As Cloudflare does.
    request.headers.set("CF-Connecting-IP", "192.0.2.1");
    const serve = (context: object) =>
      this.#worker.default.fetch(request, this.#envFor(host), context);
    const invocation = new Invocation({ core: this.#core, host, handlers, request, serve });
    this.#invocations.add(invocation);
    host.onDeath(() => this.#invocations.delete(invocation));
    if (faults.occurs("isolateCrash")) {
      scheduler.after(random.skewed(0, 500), new Host("edge"), "crashes", () => this.crash());
    }
    return invocation;
  }

  crash(): void {
    for (const invocation of this.#invocations) invocation.crash();
  }
}

interface InvocationOptions {
  core: Core;
  host: Host;
  handlers: ResponseHandlers;
  request: Request;
  serve: (context: object) => Promise<Response>;
}

/** One request that the Worker serves. Its timers and calls end with it, as in workerd. */
export class Invocation {
  readonly host: Host;
  readonly #core: Core;
  readonly #handlers: ResponseHandlers;
  readonly #request: Request;
  readonly #serve: (context: object) => Promise<Response>;
  readonly #promises: Promise<unknown>[] = [];
  #hasResponded = false;

  constructor({ core, host, handlers, request, serve }: InvocationOptions) {
    this.#core = core;
    this.host = host;
    this.#handlers = handlers;
    this.#request = request;
    this.#serve = serve;
  }

  /** Serves the request. Call it last in a step: the rest of the step belongs to the request. */
  start(): void {
    const { method, url } = this.#request;
    const waitUntil = (promise: Promise<unknown>) => void this.#promises.push(promise);
    this.#core.scheduler.continueOn(this.host, `${method} ${pathOf(url)}`, () => {
      void this.#respond({ waitUntil, passThroughOnException: () => undefined });
    });
  }

  /** Ends the request once its `waitUntil` promises have settled. */
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
    const text = await this.#textOf(response);
    this.#hasResponded = true;
    const sentAt = this.#core.scheduler.now;
    this.#handlers.onResponse({ status, headers, text, sentAt, socketEnd: socket?.end ?? null });
    await this.#end();
  }

  /** Reads a body to its end. The reader of an event stream leaves after a while. */
  async #textOf(response: Response): Promise<string> {
    const { body, headers } = response;
    if (!body || !headers.get("Content-Type")?.startsWith("text/event-stream"))
      return response.text();
    const leaving = new AbortController();
    const leave = () => leaving.abort();
    this.#core.scheduler.after(STREAM_MS, this.host, "leaves a stream", leave);
    const decoder = new TextDecoderStream();
    let text = "";
    const collect = new WritableStream<string>({ write: (chunk) => void (text += chunk) });
    await body
      .pipeThrough(decoder, { signal: leaving.signal })
      .pipeTo(collect)
      .catch(() => undefined);
    return text;
  }

  async #end(): Promise<void> {
    const { scheduler } = this.#core;
    const end = () => this.host.kill();
    const unschedule = scheduler.after(WAIT_UNTIL_MS, new Host("edge"), "ends a request", end);
    await Promise.allSettled(this.#promises);
    unschedule();
    end();
  }
}

function isUpgradable(response: Response): response is UpgradableResponse {
  return "webSocket" in response;
}

function pathOf(url: string): string {
  const { pathname, search } = new URL(url);
  // Tokens make the lines of a trace too long.
  return pathname + search.replace(/token=[^&]+/u, "token");
}
