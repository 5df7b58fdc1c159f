/** A byte array that grows as chunks are added. */
export class GrowableBuffer {
  readonly #max: number;
  #bytes: Uint8Array;
  #length = 0;

  /**
   * @param expected bytes to allocate at first: an exact value avoids copies
   * @param max upper limit of the memory that is allocated in advance
   */
  constructor(expected = 0, max = Infinity) {
    this.#max = max;
    this.#bytes = new Uint8Array(expected);
  }

  get length(): number {
    return this.#length;
  }

  add(chunk: Uint8Array): void {
    const length = this.#length + chunk.length;
    if (length > this.#bytes.length) {
      this.#grow(Math.max(length, Math.min(2 * this.#bytes.length, this.#max)));
    }
    this.#bytes.set(chunk, this.#length);
    this.#length = length;
  }

  /** Returns a view of the first `length` bytes. */
  peek(length: number): Uint8Array {
    return this.#bytes.subarray(0, Math.min(length, this.#length));
  }

  /** Returns all bytes and empties the buffer. */
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
