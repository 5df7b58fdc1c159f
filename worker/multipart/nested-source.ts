import type { ByteSource } from "../streams/reader.ts";

/** The content of a part, as the source of the parts within it. */
export class NestedSource implements ByteSource {
  readonly #chunks: AsyncIterator<Uint8Array>;
  /** The rest of the last chunk, whose memory stays valid until the next one is requested. */
  #unread: Uint8Array = new Uint8Array();

  constructor(content: AsyncIterable<Uint8Array>) {
    this.#chunks = content[Symbol.asyncIterator]();
  }

  async read(into: Uint8Array): Promise<Uint8Array> {
    if (this.#unread.length === 0) this.#unread = await this.#next();
    const length = Math.min(this.#unread.length, into.length);
    into.set(this.#unread.subarray(0, length));
    this.#unread = this.#unread.subarray(length);
    return into.subarray(0, length);
  }

  /** Reads and discards the rest. */
  async drain(): Promise<void> {
    while ((await this.#next()).length > 0);
  }

  /** Returns the next chunk, which is not empty; an empty one at the end. */
  async #next(): Promise<Uint8Array> {
    const result = await this.#chunks.next();
    return result.done ? new Uint8Array() : result.value;
  }
}
