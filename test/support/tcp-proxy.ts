import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";

/**
 * Passes on the bytes of one accepted connection.
 *
 * @param connectToTarget opens a connection to the server behind the proxy
 */
export type ConnectionHandler = (client: Socket, connectToTarget: () => Socket) => void;

/** A TCP proxy on this machine. The handler decides what happens to the bytes of a connection. */
export class TcpProxy {
  readonly origin: string;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.origin = `http://127.0.0.1:${port}`;
  }

  /** @param target origin of the server behind the proxy */
  static async listen(target: string, handle: ConnectionHandler): Promise<TcpProxy> {
    const { hostname, port } = new URL(target);
    const server = createServer();
    await once(server.listen(0, "127.0.0.1"), "listening");
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("The proxy has no port.");
    const proxy = new TcpProxy(server, address.port);
    const connectToTarget = () => proxy.#track(connect(Number(port), hostname));
    server.on("connection", (client) => handle(proxy.#track(client), connectToTarget));
    return proxy;
  }

  /** Destroys all connections. */
  async close(): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #track(socket: Socket): Socket {
    this.#sockets.add(socket);
    // An error without a listener would end the process. The other end notices the broken connection.
    return socket.on("error", () => undefined).on("close", () => this.#sockets.delete(socket));
  }
}
