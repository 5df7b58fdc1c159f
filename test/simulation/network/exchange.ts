import type { Core } from "../core.ts";
import type { Answer, Edge, Visit } from "../platform/edge.ts";
import { Host } from "../time/host.ts";
import { Inbound } from "./request-body.ts";

/** A request as it leaves a page. */
export interface Outgoing {
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
const GONE = new Error("The client is gone.");
/** A request that came twice comes again within this time, in ms. */
const DOUBLED_WITHIN_MS = 60_000;

/** One HTTP request and its answer, on the way between a page and the edge. */
export class Exchange {
  readonly #core: Core;
  readonly #edge: Edge;
  readonly #page: Host;
  readonly #request: Outgoing;
  readonly #network = new Host("network");
  readonly #inbound = new Inbound();
  readonly #leaving = new AbortController();
  readonly #sent: Uint8Array<ArrayBuffer>[] = [];
  readonly #result = Promise.withResolvers<Answer>();
  #visit: Visit | null = null;
  /** Does the page know how it ended? */
  #isOver = false;
  /** Does nothing come through any more? */
  #isBroken = false;

  constructor(core: Core, edge: Edge, page: Host, request: Outgoing) {
    this.#core = core;
    this.#edge = edge;
    this.#page = page;
    this.#request = request;
  }

  /**
   * @returns the answer, on the page
   * @throws TypeError where the connection broke, or the signal's reason
   */
  start(): Promise<Answer> {
    const { signal } = this.#request;
    const { faults } = this.#core;
    signal?.throwIfAborted();
    signal?.addEventListener("abort", () => this.#abort(signal.reason), { once: true });
    this.#page.connections.add(this.#cut);
    if (this.#page.isOffline || faults.strikes("requestLost")) this.#lose();
    else if (faults.strikes("busy")) this.#answer(busy());
    else this.#after(this.#travel(), this.#network, "arrives", () => this.#arrive());
    return this.#result.promise;
  }

  #arrive(): void {
    const { body } = this.#request;
    if (this.#isBroken) return;
    this.#visit = this.#edge.visit(this.#received(body ? this.#inbound.body : null), {
      answered: (answer) => this.#answered(answer),
      broken: () => this.#lose(),
    });
    if (body) this.#after(0, this.#page, "sends", () => void this.#send(body));
    else this.#isSent();
    this.#visit.begin();
  }

  /** The request as the Worker gets it. */
  #received(body: ReadableStream<Uint8Array> | null): Request {
    const { url, method, headers } = this.#request;
    const init: StreamingInit = { method, headers, duplex: "half", signal: this.#leaving.signal };
    return new Request(url, { ...init, ...(body && { body }) });
  }

  async #send(body: ReadableStream<Uint8Array>): Promise<void> {
    try {
      for await (const chunk of body) {
        for (const piece of this.#pieces(chunk)) await this.#carry(piece);
        if (this.#isBroken) return;
      }
    } catch {
      // The file is gone: browsers break the connection.
      return this.#lose();
    }
    await this.#carry(null);
    this.#isSent();
  }

  #isSent(): void {
    if (this.#core.faults.strikes("requestDoubled")) this.#comeAgain();
  }

  /** Resolves on the page when the piece, or null for the end, is through. */
  #carry(piece: Uint8Array<ArrayBuffer> | null): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    if (this.#core.faults.strikes("requestCut")) this.#cut(false);
    this.#after(this.#travel(), this.#network, `carries ${piece?.length ?? "the end"}`, () => {
      if (this.#isBroken) return;
      if (piece) this.#sent.push(piece);
      if (piece) this.#inbound.add(piece.slice());
      else this.#inbound.end();
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

  #answered(answer: Answer): void {
    if (this.#isBroken) return;
    if (this.#core.faults.strikes("answerLost")) this.#lose();
    else this.#answer(answer);
  }

  #answer(answer: Answer): void {
    this.#after(this.#travel(), this.#page, `gets ${answer.status}`, () => {
      if (!this.#isOver) this.#finish(() => this.#result.resolve(answer));
    });
  }

  /** Somewhere on the way a box sends the same request once more; nobody waits for its answer. */
  #comeAgain(): void {
    const { random } = this.#core;
    const inbound = new Inbound();
    const wait = random.skewed(1, DOUBLED_WITHIN_MS);
    this.#after(wait, this.#network, "brings a request again", () => {
      const { method, url, headers, body } = this.#request;
      const init: StreamingInit = { method, headers, duplex: "half" };
      const again = new Request(url, { ...init, ...(body && { body: inbound.body }) });
      const visit = this.#edge.visit(again, { answered: nothing, broken: nothing });
      for (const piece of this.#sent) inbound.add(piece.slice());
      inbound.end();
      visit.begin();
    });
  }

  /** The connection is no more: the page finds out now, or when its patience ends. */
  #lose(): void {
    const { faults, random } = this.#core;
    this.#break();
    if (!faults.strikes("silence")) this.#fail(random.skewed(1, 500));
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
    this.#after(this.#travel(), this.#network, "loses a client", () => {
      this.#inbound.break();
      this.#leaving.abort(GONE);
      this.#visit?.leave();
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

  #travel(): number {
    const { faults, pace, random } = this.#core;
    return random.skewed(1, faults.strikes("slowNetwork") ? 10_000 : pace);
  }
}

function busy(): Answer {
  const text = "Your worker restarted mid-request. Please try sending the request again.";
  return { status: 503, headers: new Headers(), text, end: null };
}

function nothing(): void {}
