import { type IncomingMessage, request as httpRequest, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { type Chunks, type Exchange, PAGE_HEADERS, pageOf } from "./exchange.ts";

/** An HTTP request and its response. */
export class RequestExchange implements Exchange {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: AsyncIterable<Buffer>;
  readonly socket: Socket;
  readonly #target: URL;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;

  /** @param onBytes is called with the number of bytes of each chunk of the body */
  constructor(
    target: URL,
    request: IncomingMessage,
    response: ServerResponse,
    onBytes: (bytes: number) => void,
  ) {
    const { method = "GET", url = "/", headers, socket } = request;
    this.method = method;
    this.path = url;
    this.headers = headers;
    this.socket = socket;
    this.body = chunksOf(request, onBytes);
    this.#target = target;
    this.#request = request;
    this.#response = response;
  }

  respond(status: number, headers: Readonly<Record<string, string>> = {}): void {
    if (this.#response.headersSent) return;
    this.#response.writeHead(status, { ...PAGE_HEADERS, ...headers }).end(pageOf(status));
    // A client reads the response only after it has sent the whole request.
    this.#request.resume();
  }

  reset(): void {
    this.socket.resetAndDestroy();
  }

  pass(body: Chunks = this.body): void {
    // The client has left while the middlebox held the request.
    if (this.#response.destroyed) return;
    const { hostname, port } = this.#target;
    const { method, path } = this;
    // These two are about the connection between the client and this proxy.
    const { upgrade: _, connection: __, ...headers } = this.headers;
    const onward = httpRequest({ hostname, port, method, path, headers, agent: false });
    onward.once("response", (response) => this.#passBack(response));
    this.#response.once("close", () => onward.destroy());
    pipeline(Readable.from(body), onward).catch(() => {
      // A server that has responded need not read the rest.
      if (!this.#response.headersSent) this.reset();
    });
  }

  #passBack(response: IncomingMessage): void {
    if (this.#response.headersSent) return void response.resume();
    this.#response.writeHead(response.statusCode ?? 502, response.headers);
    pipeline(response, this.#response).catch(() => this.reset());
  }
}

async function* chunksOf(
  request: IncomingMessage,
  onBytes: (bytes: number) => void,
): AsyncGenerator<Buffer> {
  for await (const chunk of request) {
    if (!Buffer.isBuffer(chunk)) continue;
    onBytes(chunk.length);
    yield chunk;
  }
}
