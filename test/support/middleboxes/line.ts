import { setTimeout as sleep } from "node:timers/promises";
import type { Chunks } from "./exchange.ts";

/** Bytes that are carried at a time. */
const PIECE_BYTES = 8192;

/** A line with a limited rate. Those who use it at the same time share the rate. */
export class Line {
  readonly #msPerByte: number;
  #freeAt = 0;

  constructor(bytesPerSecond: number) {
    this.#msPerByte = 1000 / bytesPerSecond;
  }

  /** Yields the bytes at the line's rate, and takes no more than it has carried. */
  async *carry(chunks: Chunks): AsyncGenerator<Buffer> {
    for await (const chunk of chunks) {
      for (let start = 0; start < chunk.length; start += PIECE_BYTES) {
        const piece = chunk.subarray(start, start + PIECE_BYTES);
        await this.#carried(piece.length);
        yield piece;
      }
    }
  }

  /** Resolves when the line has carried the bytes. */
  async #carried(bytes: number): Promise<void> {
    const now = performance.now();
    this.#freeAt = Math.max(now, this.#freeAt) + bytes * this.#msPerByte;
    await sleep(this.#freeAt - now);
  }
}
