import type { Core } from "../core.ts";
import type { Edge, Invocation, WorkerResponse } from "../platform/edge.ts";
import { Host } from "../time/host.ts";
import { type Middlebox, pageOf } from "./middlebox.ts";

/** A request as a page sends it. */
export interface PageRequest {
  url: string;
  method: string;
  headers: Headers;
  body: ReadableStream<Uint8Array> | null;
  signal: AbortSignal | null;
  /** Is called when the whole request has arrived. */
  onSent?: (request: SentRequest) => void;
}

/** A request that has arrived, and can be repeated. */
export interface SentRequest {
  url: string;
  method: string;
  headers: Headers;
  /** The chunks of its body; null if it has none. */
  body: readonly Uint8Array<ArrayBuffer>[] | null;
}

/** Repeats a request, as some proxies and clients do. */
export function repeatRequest(
  edge: Edge,
  { url, method, headers, body }: SentRequest,
  onResponse: (response: WorkerResponse) => void = nothing,
): void {
  const received = new ReceivedBody();
  const init: StreamingInit = { method, headers, duplex: "half" };
  const request = new Request(url, { ...init, ...(body && { body: received.stream }) });
  const invocation = edge.receive(request, { onResponse, onLost: nothing });
  for (const chunk of body ?? []) received.add(chunk.slice());
  received.end();
  invocation.start();
}

interface StreamingInit extends RequestInit {
  duplex: "half";
}

/** The reason of the Worker's `request.signal` when the client disconnects. */
const CLIENT_GONE = new Error("The client has disconnected.");
/** Bytes that a middlebox passes on at a time. */
const PIECE_BYTES = 1024;
/** The longest time until a repeated request arrives again, in ms. */
const MAX_REPEAT_DELAY_MS = 60_000;

/** One HTTP request and its response, between a page and the edge. */
export class Exchange {
  readonly #core: Core;
  readonly #edge: Edge;
  readonly #page: Host;
  readonly #request: PageRequest;
  readonly #network = new Host("network");
  readonly #body = new ReceivedBody();
  readonly #disconnected = new AbortController();
  readonly #sent: Uint8Array<ArrayBuffer>[] = [];
  readonly #result = Promise.withResolvers<WorkerResponse>();
  #invocation: Invocation | null = null;
  /** True once the page has a result. */
  #isSettled = false;
  /** True once the connection is broken. */
  #isBroken = false;

  constructor(core: Core, edge: Edge, page: Host, request: PageRequest) {
    this.#core = core;
    this.#edge = edge;
    this.#page = page;
    this.#request = request;
  }

  /**
   * Sends the request. Resolves with the response when it has reached the page.
   *
   * @throws TypeError if the connection breaks, or the reason of the request's signal
   */
  start(): Promise<WorkerResponse> {
    const { signal } = this.#request;
    const { faults } = this.#core;
    signal?.throwIfAborted();
    signal?.addEventListener("abort", () => this.#abort(signal.reason), { once: true });
    this.#page.connections.add(this.#cut);
    if (this.#page.isOffline || faults.occurs("requestLost")) this.#lose();
    else if (faults.occurs("busy")) this.#deliver(busy());
    else this.#after(this.#latency(), this.#network, "arrives", () => this.#reach());
    return this.#result.promise;
  }

  #reach(): void {
    const { middlebox } = this.#page;
    if (!middlebox) return this.#arrive(this.#request.body);
    this.#after(0, this.#page, "sends", () => void this.#sendTo(middlebox));
  }

  /** Lets a middlebox decide about the request once it has accepted the whole body. */
  async #sendTo(middlebox: Middlebox): Promise<void> {
    const { method, url, body: stream } = this.#request;
    const body = await readAll(stream);
    if (this.#isBroken) return;
    if (body === null) return this.#lose();
    const verdict = middlebox.judge({ method, url, body });
    this.#core.trace.add(`${middlebox.name}: ${verdict.kind}`);
    if (verdict.kind === "respond") return this.#deliver(pageOf(verdict));
    if (verdict.kind === "reset") return this.#cut(false);
    const chunks = stream && this.#paced(body, verdict.bytesPerSecond);
    this.#after(verdict.waitMs, this.#network, "passes", () => this.#arrive(chunks));
  }

  /** Yields the pieces of a body at a rate. */
  async *#paced(body: Uint8Array, bytesPerSecond: number): AsyncGenerator<Uint8Array> {
    for (let start = 0; start < body.length; start += PIECE_BYTES) {
      const piece = body.subarray(start, start + PIECE_BYTES);
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#after((1000 * piece.length) / bytesPerSecond, this.#page, "passes a piece", resolve);
      await promise;
      yield piece;
    }
  }

  #arrive(body: AsyncIterable<Uint8Array> | null): void {
    if (this.#isBroken) return;
    this.#invocation = this.#edge.receive(this.#workerRequest(body ? this.#body.stream : null), {
      onResponse: (response) => this.#onResponse(response),
      onLost: () => this.#lose(),
    });
    if (body) this.#after(0, this.#page, "sends", () => void this.#send(body));
    else this.#onSent();
    this.#invocation.start();
  }

  /** Returns the request as the Worker receives it. */
  #workerRequest(body: ReadableStream<Uint8Array> | null): Request {
    const { url, method, headers } = this.#request;
    const { signal } = this.#disconnected;
    const init: StreamingInit = { method, headers, duplex: "half", signal };
    return new Request(url, { ...init, ...(body && { body }) });
  }

  async #send(body: AsyncIterable<Uint8Array>): Promise<void> {
    try {
      for await (const chunk of body) {
        for (const piece of this.#split(chunk)) await this.#transfer(piece);
        if (this.#isBroken) return;
      }
    } catch {
      // A browser breaks the connection if the file can no longer be read.
      return this.#lose();
    }
    await this.#transfer(null);
    this.#onSent();
  }

  #onSent(): void {
    const { url, method, headers, body, onSent } = this.#request;
    const sent = { url, method, headers, body: body && this.#sent };
    onSent?.(sent);
    if (this.#core.faults.occurs("requestDoubled")) this.#repeat(sent);
  }

  /** Resolves on the page when the piece, or null for the end of the body, has arrived. */
  #transfer(piece: Uint8Array<ArrayBuffer> | null): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    if (this.#core.faults.occurs("requestCut")) this.#cut(false);
    this.#after(this.#latency(), this.#network, `carries ${piece?.length ?? "the end"}`, () => {
      if (this.#isBroken) return;
      if (piece) this.#sent.push(piece);
      if (piece) this.#body.add(piece.slice());
      else this.#body.end();
      this.#after(1, this.#page, "has sent", resolve);
    });
    return promise;
  }

  /** Splits some chunks at a random place. */
  #split(chunk: Uint8Array): Uint8Array<ArrayBuffer>[] {
    const { random } = this.#core;
    const middle = random.chance(0.3) ? random.whole(0, chunk.length) : chunk.length;
    const pieces = [chunk.slice(0, middle), chunk.slice(middle)];
    return pieces.filter(({ length }) => length > 0);
  }

  #onResponse(response: WorkerResponse): void {
    if (this.#isBroken) return;
    if (this.#core.faults.occurs("answerLost")) this.#lose();
    else this.#deliver(response);
  }

  #deliver(response: WorkerResponse): void {
    this.#after(this.#latency(), this.#page, `gets ${response.status}`, () => {
      if (!this.#isSettled) this.#settle(() => this.#result.resolve(response));
    });
  }

  /** Sends the same request again later, as some proxies do. Its response is discarded. */
  #repeat(request: SentRequest): void {
    const wait = this.#core.random.skewed(1, MAX_REPEAT_DELAY_MS);
    const repeat = () => repeatRequest(this.#edge, request);
    this.#after(wait, this.#network, "repeats a request", repeat);
  }

  /** Breaks the connection. Without an error, the page waits until its own timeout. */
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
      if (!this.#isSettled) this.#settle(() => this.#result.reject(new TypeError("fetch failed")));
    });
  }

  #abort(reason: unknown): void {
    if (this.#isSettled) return;
    this.#break();
    this.#settle(() => this.#result.reject(reason));
  }

  /** Breaks the connection. The edge notices it after the latency. */
  #break(): void {
    if (this.#isBroken) return;
    this.#isBroken = true;
    this.#after(this.#latency(), this.#network, "loses a client", () => {
      this.#body.break();
      this.#disconnected.abort(CLIENT_GONE);
      this.#invocation?.clientLeft();
    });
  }

  #settle(settle: () => void): void {
    this.#isSettled = true;
    this.#page.connections.delete(this.#cut);
    settle();
  }

  #after(ms: number, host: Host, label: string, run: () => void): void {
    this.#core.scheduler.after(ms, host, label, run);
  }

  #latency(): number {
    const { faults, latencyMs, random } = this.#core;
    return random.skewed(1, faults.occurs("slowNetwork") ? 10_000 : latencyMs);
  }
}

/** Returns a body as a whole; null if it can't be read to its end. */
async function readAll(body: ReadableStream<Uint8Array> | null): Promise<Uint8Array | null> {
  const chunks: Uint8Array[] = [];
  try {
    for await (const chunk of body ?? []) chunks.push(chunk);
    // A Buffer shares its memory with others, and can't be transferred.
    return Uint8Array.from(Buffer.concat(chunks));
  } catch {
    return null;
  }
}

/** The body of a request as it arrives at the Worker. */
class ReceivedBody {
  readonly stream: ReadableStream<Uint8Array>;
  #controller: ReadableByteStreamController | null = null;
  #isOver = false;

  constructor() {
    this.stream = new ReadableStream({
      type: "bytes",
      start: (controller) => {
        this.#controller = controller;
      },
      // Bytes that arrive after the Worker has cancelled the body are discarded.
      cancel: () => {
        this.#isOver = true;
      },
    });
  }

  add(bytes: Uint8Array<ArrayBuffer>): void {
    if (!this.#isOver) this.#controller?.enqueue(bytes);
  }

  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#controller?.close();
    // Without this, a pending BYOB read never settles.
    this.#controller?.byobRequest?.respond(0);
  }

  break(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#controller?.error(new TypeError("Network connection lost."));
  }
}

function busy(): WorkerResponse {
  const text = "Your worker restarted mid-request. Please try sending the request again.";
  return { status: 503, headers: new Headers(), text, sentAt: Number.NaN, socketEnd: null };
}

function nothing(): void {}
