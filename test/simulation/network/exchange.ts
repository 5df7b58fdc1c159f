import type { Core } from "../core.ts";
import type { WorkerResponse, Edge, Invocation } from "../platform/edge.ts";
import { Host } from "../time/host.ts";
import { RequestBody } from "./request-body.ts";

/** A request as it leaves a page. */
export interface PageRequest {
  url: string;
  method: string;
  headers: Headers;
  body: ReadableStream<Uint8Array> | null;
  signal: AbortSignal | null;
}

interface StreamingInit extends RequestInit {
  duplex: "half";
}

/** Why the edge's end of a request is aborted. */
const CLIENT_GONE = new Error("The client is gone.");
/** A request that came twice comes again within this time, in ms. */
const MAX_REPEAT_DELAY_MS = 60_000;

/** One HTTP request and its answer, on the way between a page and the edge. */
export class Exchange {
  readonly #core: Core;
  readonly #edge: Edge;
  readonly #page: Host;
  readonly #request: PageRequest;
  readonly #network = new Host("network");
  readonly #requestBody = new RequestBody();
  readonly #disconnect = new AbortController();
  readonly #sent: Uint8Array<ArrayBuffer>[] = [];
  readonly #result = Promise.withResolvers<WorkerResponse>();
  #invocation: Invocation | null = null;
  /** Does the page know how it ended? */
  #isOver = false;
  /** Does nothing come through any more? */
  #isBroken = false;

  constructor(core: Core, edge: Edge, page: Host, request: PageRequest) {
    this.#core = core;
    this.#edge = edge;
    this.#page = page;
    this.#request = request;
  }

  /**
   * @returns the answer, on the page
   * @throws TypeError where the connection broke, or the signal's reason
   */
  start(): Promise<WorkerResponse> {
    const { signal } = this.#request;
    const { faults } = this.#core;
    signal?.throwIfAborted();
    signal?.addEventListener("abort", () => this.#abort(signal.reason), { once: true });
    this.#page.connections.add(this.#cut);
    if (this.#page.isOffline || faults.occurs("requestLost")) this.#lose();
    else if (faults.occurs("busy")) this.#deliver(busy());
    else this.#after(this.#latency(), this.#network, "arrives", () => this.#arrive());
    return this.#result.promise;
  }

  #arrive(): void {
    const { body } = this.#request;
    if (this.#isBroken) return;
    this.#invocation = this.#edge.receive(
      this.#workerRequest(body ? this.#requestBody.body : null),
      {
        onResponse: (answer) => this.#onResponse(answer),
        onLost: () => this.#lose(),
      },
    );
    if (body) this.#after(0, this.#page, "sends", () => void this.#send(body));
    else this.#maybeRepeat();
    this.#invocation.start();
  }

  /** The request as the Worker gets it. */
  #workerRequest(body: ReadableStream<Uint8Array> | null): Request {
    const { url, method, headers } = this.#request;
    const init: StreamingInit = {
      method,
      headers,
      duplex: "half",
      signal: this.#disconnect.signal,
    };
    return new Request(url, { ...init, ...(body && { body }) });
  }

  async #send(body: ReadableStream<Uint8Array>): Promise<void> {
    try {
      for await (const chunk of body) {
        for (const piece of this.#pieces(chunk)) await this.#transfer(piece);
        if (this.#isBroken) return;
      }
    } catch {
      // The file is gone: browsers break the connection.
      return this.#lose();
    }
    await this.#transfer(null);
    this.#maybeRepeat();
  }

  #maybeRepeat(): void {
    if (this.#core.faults.occurs("requestDoubled")) this.#repeat();
  }

  /** Resolves on the page when the piece, or null for the end, is through. */
  #transfer(piece: Uint8Array<ArrayBuffer> | null): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    if (this.#core.faults.occurs("requestCut")) this.#cut(false);
    this.#after(this.#latency(), this.#network, `carries ${piece?.length ?? "the end"}`, () => {
      if (this.#isBroken) return;
      if (piece) this.#sent.push(piece);
      if (piece) this.#requestBody.add(piece.slice());
      else this.#requestBody.end();
      this.#after(1, this.#page, "has sent", resolve);
    });
    return promise;
  }

  #pieces(chunk: Uint8Array): Uint8Array<ArrayBuffer>[] {
    const { random } = this.#core;
    const middle = random.chance(0.3) ? random.whole(0, chunk.length) : chunk.length;
    const pieces = [chunk.slice(0, middle), chunk.slice(middle)];
    return pieces.filter(({ length }) => length > 0);
  }

  #onResponse(answer: WorkerResponse): void {
    if (this.#isBroken) return;
    if (this.#core.faults.occurs("answerLost")) this.#lose();
    else this.#deliver(answer);
  }

  #deliver(answer: WorkerResponse): void {
    this.#after(this.#latency(), this.#page, `gets ${answer.status}`, () => {
      if (!this.#isOver) this.#finish(() => this.#result.resolve(answer));
    });
  }

  /** Somewhere on the way a box sends the same request once more; nobody waits for its answer. */
  #repeat(): void {
    const { random } = this.#core;
    const inbound = new RequestBody();
    const wait = random.skewed(1, MAX_REPEAT_DELAY_MS);
    this.#after(wait, this.#network, "brings a request again", () => {
      const { method, url, headers, body } = this.#request;
      const init: StreamingInit = { method, headers, duplex: "half" };
      const again = new Request(url, { ...init, ...(body && { body: inbound.body }) });
      const visit = this.#edge.receive(again, { onResponse: nothing, onLost: nothing });
      for (const piece of this.#sent) inbound.add(piece.slice());
      inbound.end();
      visit.start();
    });
  }

  /** The connection is no more: the page finds out now, or when its patience ends. */
  #lose(): void {
    const { faults, random } = this.#core;
    this.#break();
    if (!faults.occurs("silence")) this.#fail(random.skewed(1, 500));
  }

  readonly #cut = (silently: boolean) => {
    this.#break();
    if (!silently) this.#fail(1);
  };

  #fail(ms: number): void {
    this.#after(ms, this.#page, "loses a connection", () => {
      if (!this.#isOver) this.#finish(() => this.#result.reject(new TypeError("fetch failed")));
    });
  }

  #abort(reason: unknown): void {
    if (this.#isOver) return;
    this.#break();
    this.#finish(() => this.#result.reject(reason));
  }

  /** The edge finds out that nobody is there any more. */
  #break(): void {
    if (this.#isBroken) return;
    this.#isBroken = true;
    this.#after(this.#latency(), this.#network, "loses a client", () => {
      this.#requestBody.break();
      this.#disconnect.abort(CLIENT_GONE);
      this.#invocation?.clientLeft();
    });
  }

  #finish(settle: () => void): void {
    this.#isOver = true;
    this.#page.connections.delete(this.#cut);
    settle();
  }

  #after(ms: number, host: Host, what: string, run: () => void): void {
    this.#core.scheduler.after(ms, host, what, run);
  }

  #latency(): number {
    const { faults, latencyMs, random } = this.#core;
    return random.skewed(1, faults.occurs("slowNetwork") ? 10_000 : latencyMs);
  }
}

function busy(): WorkerResponse {
  const text = "Your worker restarted mid-request. Please try sending the request again.";
  return { status: 503, headers: new Headers(), text, socketEnd: null };
}

function nothing(): void {}
