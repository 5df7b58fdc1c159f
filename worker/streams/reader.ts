import { ReadSize } from "./read-size.ts";

/** A source of bytes, such as `BodyReader`. */
export interface ByteSource {
  /**
   * Fills the start of `into`, which is detached afterwards.
   *
   * @param least bytes to wait for, unless the source ends before
   * @returns the bytes that were read, in the same memory; empty at the end
   */
  read(into: Uint8Array, least: number): Promise<Uint8Array>;
  /** Reports the size of the memory that is read into. Throws if there is no room for it. */
  hold?(bytes: number): void;
}

export interface ReaderOptions {
  /** Size of the memory in bytes: at first, and at most. */
  memory: { min: number; max: number };
  /** Waits for as many bytes as a fast body has in a moment, instead of for the first byte. */
  waitsForMore?: boolean;
  /** Bytes that precede the first byte of the source. */
  prefix?: Uint8Array;
}

/** A read that takes longer is slow. */
const SLOW_MS = 100;

/**
 * Reads a source through one block of memory, which holds the bytes that the caller has not consumed
 * yet. A read costs the same however many bytes it returns, so the memory doubles while a fast source
 * fills half of it. It halves after a slow read, as a thousand slow requests may be open at a time.
 */
export class AdaptiveReader {
  readonly #source: ByteSource;
  readonly #options: ReaderOptions;
  readonly #readSize = new ReadSize();
  #memory: Uint8Array;
  #size: number;
  #start = 0;
  #end = 0;

  constructor(source: ByteSource, options: ReaderOptions) {
    const { memory, prefix = new Uint8Array() } = options;
    this.#source = source;
    this.#options = options;
    this.#size = memory.min;
    this.#memory = this.#allocate(memory.min);
    this.#memory.set(prefix);
    this.#end = prefix.length;
  }

  /** The bytes that were read and not consumed. The next `more()` invalidates the view. */
  get unread(): Uint8Array {
    return this.#memory.subarray(this.#start, this.#end);
  }

  /** Consumes the first `bytes` unread bytes. */
  skip(bytes: number): void {
    this.#start += bytes;
  }

  /**
   * Reads more bytes behind the unread ones, which must not fill the maximum of the memory.
   *
   * @returns how many bytes were read; 0 at the end, which discards the unread ones
   */
  async more(): Promise<number> {
    this.#compact();
    const free = this.#memory.subarray(this.#end);
    const least = this.#options.waitsForMore ? Math.min(this.#readSize.bytes, free.length) : 1;
    const begin = Date.now();
    const read = await this.#source.read(free, least);
    if (read.length === 0) {
      this.#release();
      return 0;
    }
    // The memory has moved to another buffer.
    this.#memory = new Uint8Array(read.buffer);
    this.#end += read.length;
    this.#adapt(read.length, Date.now() - begin);
    return read.length;
  }

  /** Moves the unread bytes to the start of the memory, resized as the last read called for. */
  #compact(): void {
    const { unread } = this;
    const size = Math.min(Math.max(this.#size, 2 * unread.length), this.#options.memory.max);
    if (size !== this.#memory.length) this.#memory = this.#allocate(size);
    this.#memory.set(unread);
    this.#start = 0;
    this.#end = unread.length;
  }

  #allocate(bytes: number): Uint8Array {
    this.#source.hold?.(bytes);
    return new Uint8Array(bytes);
  }

  /** The source may have detached the memory without returning it. */
  #release(): void {
    this.#memory = this.#allocate(0);
    this.#start = this.#end = 0;
  }

  #adapt(readBytes: number, ms: number): void {
    this.#readSize.adapt(readBytes, ms);
    const { length } = this.#memory;
    const { min, max } = this.#options.memory;
    if (ms > SLOW_MS) this.#size = Math.max(length / 2, min);
    else if (this.#end >= length / 2) this.#size = Math.min(2 * length, max);
  }
}
