import type { BodyReader } from "../http/request-body.ts";
import { HEAD_BYTES } from "../upload/inspect.ts";

/** Memory that is read into: of it, at least the half is waited for. */
const MEMORY_BYTES = { least: 2 * HEAD_BYTES, most: 1024 * 1024 };

/** A chunk that takes no longer came fast. */
const FAST_MS = 100;

/**
 * Reads a body chunk by chunk, into the same memory again and again. Each chunk costs the same, so
 * they grow while they come fast; and are small where the line is slow, as what waits for the rest
 * of its chunk is neither stored nor reported.
 */
export class ChunkReader {
  readonly #reader: Pick<BodyReader, "read">;
  #memory: Uint8Array = new Uint8Array(MEMORY_BYTES.least);

  constructor(reader: Pick<BodyReader, "read">) {
    this.#reader = reader;
  }

  /**
   * @returns the next chunk, there until the one after it is asked for; the first has `HEAD_BYTES` at
   *   least, where the body has so many. Empty at the end.
   * @throws ConnectionLost
   */
  async next(): Promise<Uint8Array> {
    const size = this.#memory.length;
    const begin = Date.now();
    const chunk = await this.#reader.read(this.#memory, size / 2);
    const wanted = Date.now() - begin <= FAST_MS ? 2 * size : size / 2;
    this.#memory = memoryOf(wanted, chunk.buffer);
    return chunk;
  }
}

/** Memory of so many bytes, within bounds; what there is serves again if it has as many. */
function memoryOf(wanted: number, there: ArrayBufferLike): Uint8Array {
  const size = Math.min(Math.max(wanted, MEMORY_BYTES.least), MEMORY_BYTES.most);
  return there.byteLength === size ? new Uint8Array(there) : new Uint8Array(size);
}
