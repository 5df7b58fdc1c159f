import { once } from "node:events";
import { BatchApi } from "../client/api/batch-api.ts";
import type { CreatedBatch } from "../protocol/index.ts";

/** A watcher that counts the frames it receives. */
export class FrameCounter {
  /** Frames so far. */
  count = 0;
  readonly #socket: WebSocket;

  constructor(endpoint: string, { id, tokens }: Pick<CreatedBatch, "id" | "tokens">) {
    const api = new BatchApi(endpoint, id, tokens.read, new AbortController().signal);
    this.#socket = new WebSocket(api.liveUrl(0));
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
