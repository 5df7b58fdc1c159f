import { once } from "node:events";
import { connect, type Socket } from "node:net";
import type { TestBatch } from "./batch.ts";

/** A request whose bytes are sent by hand, so that it can stop anywhere. */
export class RawRequest {
  /** Of the answer; null where the connection ended without one. */
  readonly status: Promise<number | null>;
  readonly #socket: Socket;

  private constructor(socket: Socket) {
    this.#socket = socket;
    // A server that hangs up on what was cut is no error of the test's.
    socket.on("error", () => undefined);
    this.status = new Promise((resolve) => {
      socket.once("data", (bytes) => resolve(Number(bytes.toString("latin1").split(" ")[1])));
      socket.once("close", () => resolve(null));
    });
  }

  /** Takes nothing more of what the server says: its buffers, and then the network's, fill up. */
  stopReading(): void {
    this.#socket.pause();
  }

  /** Sends a request's head, with the batch's write token. */
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
    const all = {
      Host: `${hostname}:${port}`,
      Authorization: `Bearer ${batch.created.tokens.write}`,
      ...headers,
    };
    const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`);
    const address = `${batch.created.links.self}${path}`;
    await opened.send([`${method} ${address} HTTP/1.1`, ...lines, "\r\n"].join("\r\n"));
    return opened;
  }

  /** Resolves when more can be sent, or when there is no use: it was answered. */
  async send(bytes: Uint8Array | string): Promise<void> {
    if (this.#socket.write(bytes)) return;
    await Promise.race([once(this.#socket, "drain"), this.status]);
  }

  /** Ends the connection as a pulled cable does: without a word. */
  cut(): void {
    this.#socket.resetAndDestroy();
  }
}
