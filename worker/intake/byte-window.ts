/** Where bytes come from: `BodyReader`, for one. */
export interface ByteSource {
  /**
   * Fills the beginning of `into`, whose buffer is not the caller's any more.
   *
   * @returns what was read, in the same memory; empty at the end
   */
  read(into: Uint8Array): Promise<Uint8Array>;
}

/** Bytes of a source that are looked at before they are let go: always the same memory. */
export class ByteWindow {
  readonly #source: ByteSource;
  #bytes: Uint8Array;
  #start = 0;
  #end = 0;

  /**
   * @param size the most that may be unread, in bytes
   * @param before what stands before the source's first byte
   */
  constructor(source: ByteSource, size: number, before: Uint8Array) {
    this.#source = source;
    this.#bytes = new Uint8Array(size);
    this.#bytes.set(before);
    this.#end = before.length;
  }

  /** A view that the next `more()` makes void. */
  get unread(): Uint8Array {
    return this.#bytes.subarray(this.#start, this.#end);
  }

  /** Lets go of the first unread bytes. */
  skip(bytes: number): void {
    this.#start += bytes;
  }

  /**
   * Reads on, into what the unread bytes leave free: some must be.
   *
   * @returns how many came; 0 is the end
   */
  async more(): Promise<number> {
    this.#bytes.copyWithin(0, this.#start, this.#end);
    this.#end -= this.#start;
    this.#start = 0;
    const read = await this.#source.read(this.#bytes.subarray(this.#end));
    // The buffer has moved with what was read into it; at the end there may be none.
    if (read.length > 0) this.#bytes = new Uint8Array(read.buffer);
    this.#end += read.length;
    return read.length;
  }
}
