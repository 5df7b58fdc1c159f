import type { Core } from "../core.ts";
import type { UpgradableResponse } from "../globals/workerd.ts";
import { Host } from "../time/host.ts";
import type { End } from "../network/socket-connection.ts";
import type { WorkerModule } from "./worker-module.ts";

/** How long a Worker may go on once its request is answered, or its client gone. */
const AFTERWARDS_MS = 30_000;

/** What comes back of a request. */
export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  /** The client's end, where a WebSocket was opened. */
  end: End | null;
}

/** Who asked, and is told of the answer: or that there will be none, as the isolate has died. */
export interface Visitor {
  answered: (answer: Answer) => void;
  broken: () => void;
}

/** The isolate in which the Worker serves all its requests, until it dies and there is another. */
export class Edge {
  readonly #core: Core;
  readonly #worker: WorkerModule;
  readonly #envFor: (host: Host) => object;
  readonly #visits = new Set<Visit>();
  #count = 0;

  constructor(core: Core, worker: WorkerModule, envFor: (host: Host) => object) {
    this.#core = core;
    this.#worker = worker;
    this.#envFor = envFor;
  }

  /** A request has come: what is made of it begins with `begin()`. */
  visit(request: Request, visitor: Visitor): Visit {
    const { faults, random, scheduler } = this.#core;
    const host = new Host(`request ${++this.#count}`);
    const serve = (context: object) =>
      this.#worker.default.fetch(request, this.#envFor(host), context);
    const visit = new Visit({ core: this.#core, host, visitor, request, serve });
    this.#visits.add(visit);
    host.onDeath(() => this.#visits.delete(visit));
    if (faults.strikes("isolateCrash")) {
      scheduler.after(random.skewed(0, 500), new Host("edge"), "crashes", () => this.crash());
    }
    return visit;
  }

  crash(): void {
    for (const visit of this.#visits) visit.crash();
  }
}

interface VisitOptions {
  core: Core;
  host: Host;
  visitor: Visitor;
  request: Request;
  serve: (context: object) => Promise<Response>;
}

/** One request as the Worker serves it. Its timers and calls end with it, as they do on workerd. */
export class Visit {
  readonly host: Host;
  readonly #core: Core;
  readonly #visitor: Visitor;
  readonly #request: Request;
  readonly #serve: (context: object) => Promise<Response>;
  readonly #waits: Promise<unknown>[] = [];
  #isAnswered = false;

  constructor({ core, host, visitor, request, serve }: VisitOptions) {
    this.#core = core;
    this.host = host;
    this.#visitor = visitor;
    this.#request = request;
    this.#serve = serve;
  }

  /** Serves it, as the last thing of what happens at the moment. */
  begin(): void {
    const { method, url } = this.#request;
    const waitUntil = (promise: Promise<unknown>) => void this.#waits.push(promise);
    this.#core.scheduler.hand(this.host, `${method} ${pathOf(url)}`, () => {
      void this.#answer({ waitUntil, passThroughOnException: () => undefined });
    });
  }

  /** The client is gone: only what the Worker has promised to finish is finished. */
  leave(): void {
    if (!this.#isAnswered) void this.#end();
  }

  crash(): void {
    this.host.kill();
    if (!this.#isAnswered) this.#visitor.broken();
  }

  async #answer(context: object): Promise<void> {
    const response = await this.#serve(context);
    const { status, headers } = response;
    const socket = isUpgradable(response) ? response.webSocket : null;
    const answer = { status, headers, text: await response.text(), end: socket?.end ?? null };
    this.#isAnswered = true;
    this.#visitor.answered(answer);
    await this.#end();
  }

  async #end(): Promise<void> {
    const { scheduler } = this.#core;
    const end = () => this.host.kill();
    const takeBack = scheduler.after(AFTERWARDS_MS, new Host("edge"), "ends a request", end);
    await Promise.allSettled(this.#waits);
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
