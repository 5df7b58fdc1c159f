import { KIB } from "../../protocol/index.ts";

/** Accounts for the memory of a buffer. */
export interface BufferAccount {
  /** Adds bytes. Throws if there is no room for them. */
  buffer(bytes: number): void;
  /** Removes bytes that are not wanted. */
  discard(bytes: number): void;
  /** Keeps bytes that are complete. Returns a function that releases them. */
  store(bytes: number): () => void;
}

/** Bytes of a buffer, which `release` frees. */
export interface TakenBytes {
  bytes: Uint8Array;
  release: () => void;
}

/** Bytes to allocate for the first chunk: a client may declare a large file and send one byte. */
const FIRST_BYTES = 64 * KIB;

/** A byte array that grows as chunks are added. */
export class GrowableBuffer {
  readonly #account: BufferAccount;
  readonly #expected: number;
  readonly #max: number;
  #bytes = new Uint8Array(0);
  #length = 0;

  /**
   * @param options.expected bytes of the content, if they are known
   * @param options.max upper limit of the memory that is allocated in advance
   */
  constructor(account: BufferAccount, { expected = 0, max = Infinity } = {}) {
    this.#account = account;
    this.#expected = expected;
    this.#max = max;
  }

  get length(): number {
    return this.#length;
  }

  add(chunk: Uint8Array): void {
    const length = this.#length + chunk.length;
    if (length > this.#bytes.length) this.#grow(length);
    this.#bytes.set(chunk, this.#length);
    this.#length = length;
  }

  /** Returns a view of the first `length` bytes. */
  peek(length: number): Uint8Array {
    return this.#bytes.subarray(0, Math.min(length, this.#length));
  }

  /** Returns all bytes and empties the buffer. */
  take(): TakenBytes {
    const bytes = this.#bytes.subarray(0, this.#length);
    const release = this.#account.store(this.#bytes.length);
    this.#bytes = new Uint8Array(0);
    this.#length = 0;
    return {
      bytes,
      release: () => {
        free(bytes.buffer);
        release();
      },
    };
  }

  /** Empties the buffer. */
  clear(): void {
    this.#account.discard(this.#bytes.length);
    free(this.#bytes.buffer);
    this.#bytes = new Uint8Array(0);
    this.#length = 0;
  }

  #grow(least: number): void {
    const isFirst = this.#bytes.length === 0;
    const wanted = isFirst ? Math.min(this.#expected, FIRST_BYTES) : 2 * this.#bytes.length;
    const most = least <= this.#expected ? this.#expected : this.#max;
    const size = Math.max(least, Math.min(wanted, most));
    this.#account.buffer(size - this.#bytes.length);
    // A copy would leave the old memory to the garbage collector.
    this.#bytes = new Uint8Array(this.#bytes.buffer.transfer(size));
  }
}

/** Frees memory at once. The garbage collector counts only few of the bytes outside of its heap. */
function free(memory: ArrayBuffer): void {
  if (!memory.detached) memory.transfer(0);
}
