import type { IncomingMessage } from "node:http";
import { connect, type Socket } from "node:net";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { type Exchange, PAGE_HEADERS, pageOf } from "./exchange.ts";

/** The opening of a WebSocket. */
export class SocketExchange implements Exchange {
  readonly method = "GET";
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: AsyncIterable<Buffer> = Readable.from([]);
  readonly socket: Socket;
  readonly #target: URL;

  constructor(target: URL, { url = "/", headers, socket }: IncomingMessage) {
    this.path = url;
    this.headers = headers;
    this.socket = socket;
    this.#target = target;
    // Without a listener, an error would end the process.
    socket.on("error", () => undefined);
  }

  respond(status: number, headers: Readonly<Record<string, string>> = {}): void {
    const page = pageOf(status);
    const all = { ...PAGE_HEADERS, ...headers, "Content-Length": `${page.length}` };
    this.socket.end(`HTTP/1.1 ${status} Refused\r\n${linesOf(all)}\r\n${page}`);
  }

  reset(): void {
    this.socket.resetAndDestroy();
  }

  pass(): void {
    const server = connect(Number(this.#target.port), this.#target.hostname);
    server.write(`GET ${this.path} HTTP/1.1\r\n${linesOf(this.headers)}\r\n`);
    pipeline(this.socket, server, this.socket).catch(() => this.reset());
  }
}

function linesOf(headers: Readonly<Record<string, string | string[] | undefined>>): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${String(value)}\r\n`);
  return lines.join("");
}
