import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { type Exchange, type Middlebox, passOn } from "./exchange.ts";
import { RequestExchange } from "./request-exchange.ts";
import { SocketExchange } from "./socket-exchange.ts";

interface ProxyOptions {
  /** False for a proxy that passes WebSockets on as plain HTTP, as those of some companies do. */
  upgrades?: boolean;
}

/** An HTTP proxy in front of a server. Its middlebox decides about each request. */
export class HttpProxy {
  readonly origin: string;
  /** Gets the requests that arrive from now on. */
  middlebox: Middlebox = passOn;
  /** Bytes of bodies that clients have sent. */
  receivedBytes = 0;
  readonly #target: URL;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server, target: URL, port: number) {
    this.#target = target;
    this.#server = server;
    this.origin = `http://127.0.0.1:${port}`;
    server.on("connection", (socket) => this.#track(socket));
    server.on("request", (request, response) => this.#request(request, response));
  }

  /** @param target origin of the server behind the proxy */
  static async listen(target: string, { upgrades = true }: ProxyOptions = {}): Promise<HttpProxy> {
    // A proxy that closed idle connections would add faults of its own.
    const server = createServer({ keepAliveTimeout: 0 });
    await once(server.listen(0, "127.0.0.1"), "listening");
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("The proxy has no port.");
    const proxy = new HttpProxy(server, new URL(target), address.port);
    // Without this listener, Node handles an upgrade as any other request.
    if (upgrades) server.on("upgrade", (request) => proxy.#upgrade(request));
    return proxy;
  }

  /** Resets all connections, those of WebSockets included. */
  cutConnections(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  async close(): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    this.cutConnections();
    await closed;
  }

  #track(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
  }

  #request(request: IncomingMessage, response: ServerResponse): void {
    const onBytes = (bytes: number): void => {
      this.receivedBytes += bytes;
    };
    void this.#handle(new RequestExchange(this.#target, request, response, onBytes));
  }

  #upgrade(request: IncomingMessage): void {
    void this.#handle(new SocketExchange(this.#target, request));
  }

  async #handle(exchange: Exchange): Promise<void> {
    try {
      await this.middlebox(exchange);
    } catch {
      // The client has left in the middle of its request.
      exchange.reset();
    }
  }
}
