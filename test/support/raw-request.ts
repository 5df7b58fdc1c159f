import { once } from "node:events";
import { connect, type Socket } from "node:net";
import type { TestBatch } from "./batch.ts";

/** A request that is sent byte by byte over a socket, so that it can stop anywhere. */
export class RawRequest {
  /** First bytes of the response; null if the connection ended without one. */
  readonly head: Promise<string | null>;
  /** Status of the response; null if the connection ended without one. */
  readonly status: Promise<number | null>;
  readonly #socket: Socket;

  private constructor(socket: Socket) {
    this.#socket = socket;
    // The server may close the connection at any time.
    socket.on("error", () => undefined);
    this.head = new Promise((resolve) => {
      socket.once("data", (bytes) => resolve(bytes.toString("latin1")));
      socket.once("close", () => resolve(null));
    });
    this.status = this.head.then((head) => (head === null ? null : Number(head.split(" ")[1])));
  }

  /** Stops reading, so that the buffers of the system and then of the server fill up. */
  stopReading(): void {
    this.#socket.pause();
  }

  continueReading(): void {
    this.#socket.resume();
  }

  /**
   * Sends the head of a request.
   *
   * @param path relative to the batch, with its write token; or, without a token, starting with `/v1/`
   */
  static async open(
    batch: TestBatch,
    method: string,
    path: string,
    headers: Record<string, string | number>,
  ): Promise<RawRequest> {
    const { hostname, port } = new URL(batch.origin);
    const socket = connect(Number(port), hostname);
    await once(socket, "connect");
    const opened = new RawRequest(socket);
    const isOfBatch = !path.startsWith("/v1/");
    const token = isOfBatch && { Authorization: `Bearer ${batch.created.tokens.write}` };
    const all = { Host: `${hostname}:${port}`, ...token, ...headers };
    const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`);
    const address = isOfBatch ? `${batch.path}${path}` : path;
    await opened.send([`${method} ${address} HTTP/1.1`, ...lines, "\r\n"].join("\r\n"));
    return opened;
  }

  /** Sends bytes. Resolves when more can be sent, or when the response has arrived. */
  async send(bytes: Uint8Array | string): Promise<void> {
    if (this.#socket.write(bytes)) return;
    const drained = once(this.#socket, "drain").catch(() => undefined);
    await Promise.race([drained, this.status]);
  }

  /** Resets the connection. */
  cut(): void {
    this.#socket.resetAndDestroy();
  }
}
