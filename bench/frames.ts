import { once } from "node:events";
import { BatchApi } from "../client/api/batch-api.ts";
import type { CreatedBatch } from "../protocol/index.ts";

/** A watcher who only counts what it is sent. */
export class FrameCounter {
  /** Frames so far. */
  count = 0;
  readonly #socket: WebSocket;

  constructor(endpoint: string, { id, tokens }: Pick<CreatedBatch, "id" | "tokens">) {
    const api = new BatchApi(endpoint, id, tokens.read, new AbortController().signal);
    this.#socket = new WebSocket(api.liveUrl(0));
    this.#socket.addEventListener("message", () => this.count++);
  }

  /** @returns the moment (of `performance.now()`) at which the next frame arrives */
  async next(): Promise<number> {
    await once(this.#socket, "message");
    return performance.now();
  }

  close(): void {
    this.#socket.close();
  }
}
