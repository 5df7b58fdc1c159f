import type { Core } from "../core.ts";
import { MemoryBlob } from "../globals/blob.ts";
import type { Edge, WorkerResponse } from "../platform/edge.ts";
import type { PageSocketEvents, PageSocketWire } from "../stage.ts";
import type { Host } from "../time/host.ts";
import { withDeclaredDigests } from "./declared-digests.ts";
import { Exchange, type PageRequest, repeatRequest, type SentRequest } from "./exchange.ts";
import type { SocketEnd } from "./socket-connection.ts";

/** Receives everything that pages receive. */
export interface TrafficListener {
  /** Hex SHA-256 of the files by name. Some are declared with it. */
  readonly digests: ReadonlyMap<string, string>;
  onResponse: (url: string, response: WorkerResponse) => void;
  /** @param socket a unique name of the connection that was opened at `url` */
  onFrame: (url: string, socket: string, text: string) => void;
  /** @param count requests with files that a page has in flight, one more than before */
  onUpload: (page: string, count: number) => void;
}

/** Probability that a `GET` is recorded. */
const POLL_CHANCE = 0.1;

const JSON_TYPE = "application/json";

/** The network between pages and the edge. */
export class Network {
  readonly #core: Core;
  readonly #edge: Edge;
  readonly #listener: TrafficListener;
  /** The requests that have arrived, for `repeatAny`. */
  readonly #sent: SentRequest[] = [];
  /** Requests with files in flight, by page. */
  readonly #uploads = new Map<Host, number>();
  #sockets = 0;

  constructor(core: Core, edge: Edge, listener: TrafficListener) {
    this.#core = core;
    this.#edge = edge;
    this.#listener = listener;
  }

  /** The `fetch` of the current page. */
  async fetch(url: string, init: RequestInit): Promise<Response> {
    const page = this.#core.scheduler.current;
    const request = {
      ...pageRequest(url, withDeclaredDigests(init, this.#listener.digests)),
      onSent: (sent: SentRequest) => this.#record(sent),
    };
    const exchange = new Exchange(this.#core, this.#edge, page, request);
    const isUpload = request.body !== null && request.headers.get("Content-Type") !== JSON_TYPE;
    const response = isUpload ? await this.#upload(page, exchange) : await exchange.start();
    this.#listener.onResponse(url, response);
    const { status, headers, text } = response;
    return new Response(status === 204 || status === 304 ? null : text, { status, headers });
  }

  async #upload(page: Host, exchange: Exchange): Promise<WorkerResponse> {
    const count = (this.#uploads.get(page) ?? 0) + 1;
    this.#uploads.set(page, count);
    this.#listener.onUpload(page.name, count);
    try {
      return await exchange.start();
    } finally {
      this.#uploads.set(page, (this.#uploads.get(page) ?? 0) - 1);
    }
  }

  /** Repeats any earlier request. Call it last in a step. */
  repeatAny(): void {
    const sent = this.#sent.length > 0 ? this.#core.random.pick(this.#sent) : null;
    if (!sent) return;
    this.#core.trace.add(`repeats ${sent.method} ${sent.url}`);
    repeatRequest(this.#edge, sent, (response) => this.#listener.onResponse(sent.url, response));
  }

  /** Most requests are polls, so only some of those are recorded. */
  #record(sent: SentRequest): void {
    if (sent.method !== "GET" || this.#core.random.chance(POLL_CHANCE)) this.#sent.push(sent);
  }

  /** The `new WebSocket(url)` of the current page. */
  connect(url: string, events: PageSocketEvents): PageSocketWire {
    const page = this.#core.scheduler.current;
    const closing = new AbortController();
    let attached: SocketEnd | null = null;
    void this.#openSocket(url, closing.signal, page).then((end) => {
      if (closing.signal.aborted) return end?.close(1001, "");
      if (!end) return events.onClose(1006, "");
      attached = end;
      this.#attach(url, end, page, events);
    });
    return {
      send: (text) => attached?.isOpen && attached.send(text),
      close: (code, reason) => {
        closing.abort();
        attached?.close(code, reason);
      },
    };
  }

  async #openSocket(url: string, signal: AbortSignal, page: Host): Promise<SocketEnd | null> {
    const headers = new Headers({ Upgrade: "websocket", Connection: "Upgrade" });
    const request: PageRequest = { url, method: "GET", headers, body: null, signal };
    try {
      return (await new Exchange(this.#core, this.#edge, page, request).start()).socketEnd;
    } catch {
      return null;
    }
  }

  #attach(url: string, end: SocketEnd, host: Host, events: PageSocketEvents): void {
    const socket = `${host.name}'s socket ${++this.#sockets}`;
    const onMessage = (text: string) => {
      this.#listener.onFrame(url, socket, text);
      events.onMessage(text);
    };
    end.attach({ host, onMessage, onClose: events.onClose });
    events.onOpen();
  }
}

function pageRequest(url: string, init: RequestInit): PageRequest {
  const { method = "GET", body = null, signal = null } = init;
  const headers = new Headers(init.headers);
  if (typeof body === "string" && !headers.has("Content-Length")) {
    headers.set("Content-Length", String(Buffer.byteLength(body)));
  }
  return { url, method, headers, signal, body: streamOf(body) };
}

function streamOf(body: BodyInit | null): ReadableStream<Uint8Array> | null {
  if (body === null || body instanceof ReadableStream) return body;
  if (body instanceof MemoryBlob) return body.stream();
  return new Response(body).body;
}
