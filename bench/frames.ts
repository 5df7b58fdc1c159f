import { once } from "node:events";
import type { CreatedBatch } from "../protocol/index.ts";

/** A watcher that counts the frames it receives. */
export class FrameCounter {
  /** Frames so far. */
  count = 0;
  readonly #socket: WebSocket;

  constructor(endpoint: string, { id, tokens }: Pick<CreatedBatch, "id" | "tokens">) {
    const path = `/v1/batches/${id}/live?token=${tokens.read}`;
    this.#socket = new WebSocket(new URL(path, endpoint.replace("http", "ws")));
    this.#socket.addEventListener("message", () => this.count++);
  }

  /** Resolves when the next frame arrives, with the time of `performance.now()`. */
  async next(): Promise<number> {
    await once(this.#socket, "message");
    return performance.now();
  }

  close(): void {
    this.#socket.close();
  }
}
