/** Where bytes come from: `BodyReader`, for one. */
export interface ByteSource {
  /**
   * Fills the beginning of `into`, whose buffer is not the caller's any more.
   *
   * @returns what was read, in the same memory; empty at the end
   */
  read(into: Uint8Array): Promise<Uint8Array>;
}

/** How many bytes may be unread at a time. */
export interface WindowBytes {
  /** At first. */
  least: number;
  /** While they come as fast as they are read. */
  most: number;
}

/**
 * Bytes of a source that are looked at before they are let go, in memory that is used again. Each
 * read costs the same: there is room for more once there was more than room for.
 */
export class ByteWindow {
  readonly #source: ByteSource;
  readonly #most: number;
  #bytes: Uint8Array;
  #start = 0;
  #end = 0;

  /** @param before what stands before the source's first byte */
  constructor(source: ByteSource, { least, most }: WindowBytes, before: Uint8Array) {
    this.#source = source;
    this.#most = most;
    this.#bytes = new Uint8Array(least);
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
    this.#makeRoom();
    const read = await this.#source.read(this.#bytes.subarray(this.#end));
    // The buffer has moved with what was read into it; at the end there may be none.
    if (read.length > 0) this.#bytes = new Uint8Array(read.buffer);
    this.#end += read.length;
    return read.length;
  }

  /** Moves the unread bytes to the beginning; of twice the memory, if all of it was filled. */
  #makeRoom(): void {
    const { unread } = this;
    const isFull = this.#end === this.#bytes.length;
    const size = isFull ? Math.min(2 * this.#end, this.#most) : this.#bytes.length;
    if (size > this.#bytes.length) this.#bytes = new Uint8Array(size);
    this.#bytes.set(unread);
    this.#start = 0;
    this.#end = unread.length;
  }
}
