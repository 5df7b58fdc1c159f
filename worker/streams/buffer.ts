/** Gathers copies of chunks in one array. */
export class GrowableBuffer {
  #bytes: Uint8Array;
  #length = 0;

  /** @param expected bytes that will come, where that is known: then none is copied twice */
  constructor(expected = 0) {
    this.#bytes = new Uint8Array(expected);
  }

  get length(): number {
    return this.#length;
  }

  add(chunk: Uint8Array): void {
    const length = this.#length + chunk.length;
    if (length > this.#bytes.length) this.#grow(Math.max(length, 2 * this.#bytes.length));
    this.#bytes.set(chunk, this.#length);
    this.#length = length;
  }

  /** What was gathered: the next chunk begins anew. */
  take(): Uint8Array {
    const taken = this.#bytes.subarray(0, this.#length);
    this.#bytes = new Uint8Array();
    this.#length = 0;
    return taken;
  }

  #grow(size: number): void {
    const grown = new Uint8Array(size);
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }
}
