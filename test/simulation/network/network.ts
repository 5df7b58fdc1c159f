import type { Core } from "../core.ts";
import type { Answer, Edge } from "../platform/edge.ts";
import { Exchange, type Outgoing } from "./exchange.ts";
import { MemoryBlob } from "../globals/blob.ts";
import type { Host } from "../time/host.ts";
import type { PageSocketEvents, PageSocketWire } from "../stage.ts";
import type { End } from "./socket-connection.ts";

/** Who listens in on all that pages are told. */
export interface Listener {
  answer: (url: string, answer: Answer) => void;
  /** @param socket names the connection that was opened at `url` */
  frame: (url: string, socket: string, text: string) => void;
}

/** What pages reach the server by. */
export class Network {
  readonly #core: Core;
  readonly #edge: Edge;
  readonly #listener: Listener;
  #sockets = 0;

  constructor(core: Core, edge: Edge, listener: Listener) {
    this.#core = core;
    this.#edge = edge;
    this.#listener = listener;
  }

  /** A page's `fetch`. */
  async fetch(url: string, init: RequestInit): Promise<Response> {
    const page = this.#core.scheduler.current;
    const request = outgoing(url, init);
    const answer = await new Exchange(this.#core, this.#edge, page, request).start();
    this.#listener.answer(url, answer);
    const { status, headers, text } = answer;
    return new Response(status === 204 || status === 304 ? null : text, { status, headers });
  }

  /** A page's `new WebSocket(url)`. */
  connect(url: string, events: PageSocketEvents): PageSocketWire {
    const page = this.#core.scheduler.current;
    const leaving = new AbortController();
    let held: End | null = null;
    void this.#shakeHands(url, leaving.signal, page).then((end) => {
      if (leaving.signal.aborted) return end?.close(1001, "");
      if (!end) return events.closed(1006, "");
      held = end;
      this.#hold(url, end, page, events);
    });
    return {
      send: (text) => held?.isOpen && held.send(text),
      close: (code, reason) => {
        leaving.abort();
        held?.close(code, reason);
      },
    };
  }

  async #shakeHands(url: string, signal: AbortSignal, page: Host): Promise<End | null> {
    const headers = new Headers({ Upgrade: "websocket", Connection: "Upgrade" });
    const request: Outgoing = { url, method: "GET", headers, body: null, signal };
    try {
      return (await new Exchange(this.#core, this.#edge, page, request).start()).end;
    } catch {
      return null;
    }
  }

  #hold(url: string, end: End, host: Host, events: PageSocketEvents): void {
    const socket = `${host.name}'s socket ${++this.#sockets}`;
    const heard = (text: string) => {
      this.#listener.frame(url, socket, text);
      events.heard(text);
    };
    end.hold({ host, heard, closed: events.closed });
    events.opened();
  }
}

function outgoing(url: string, init: RequestInit): Outgoing {
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
