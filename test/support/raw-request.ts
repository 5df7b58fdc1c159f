import { once } from "node:events";
import { connect, type Socket } from "node:net";
import type { TestBatch } from "./batch.ts";

/** A request that is sent byte by byte over a socket, so that it can stop anywhere. */
export class RawRequest {
  /** Status of the response; null if the connection ended without one. */
  readonly status: Promise<number | null>;
  readonly #socket: Socket;

  private constructor(socket: Socket) {
    this.#socket = socket;
    // The server may close the connection at any time.
    socket.on("error", () => undefined);
    this.status = new Promise((resolve) => {
      socket.once("data", (bytes) => resolve(Number(bytes.toString("latin1").split(" ")[1])));
      socket.once("close", () => resolve(null));
    });
  }

  /** Stops reading, so that the buffers of the system and then of the server fill up. */
  stopReading(): void {
    this.#socket.pause();
  }

  /** Sends the head of a request with the batch's write token. */
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

  /** Sends bytes. Resolves when more can be sent, or when the response has arrived. */
  async send(bytes: Uint8Array | string): Promise<void> {
    if (this.#socket.write(bytes)) return;
    await Promise.race([once(this.#socket, "drain"), this.status]);
  }

  /** Resets the connection. */
  cut(): void {
    this.#socket.resetAndDestroy();
  }
}
