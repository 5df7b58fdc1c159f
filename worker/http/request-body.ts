import { ConnectionLost, TooSlow } from "./body-errors.ts";
import { BodyMemory, type MemoryClaim } from "./body-memory.ts";
import { type MinRate, MinRateGuard } from "./slow-body.ts";

/** Size of the reads of `chunks()` and `drain()`. */
const CHUNK_BYTES = 64 * 1024;

/** Returns the request's `Content-Length`; null if there is none. */
export function bodyLength(request: Request): number | null {
  const value = request.headers.get("Content-Length");
  return value !== null && /^\d+$/u.test(value) ? Number(value) : null;
}

export interface BodyOptions {
  /** The slowest allowed body; null for no limit. */
  minRate?: MinRate | null;
  /** Memory that the body shares with others; default: without limit. */
  memory?: BodyMemory;
  /** Longest time for which content is buffered before it is complete; null for no limit. */
  bufferMs?: number | null;
}

/** Reads a request's body into memory of the caller. A read costs the same however much it returns. */
export class BodyReader {
  /** Accounts for the memory of the body. */
  readonly memory: MemoryClaim;
  readonly #body: ReadableStream<Uint8Array> | null;
  readonly #rateGuard: MinRateGuard | null;
  #reader: ReadableStreamBYOBReader | undefined;
  #hasEnded: boolean;
  /** The reason for which reading was stopped. */
  #stopped: ConnectionLost | null = null;

  constructor(
    body: ReadableStream<Uint8Array> | null,
    { minRate = null, memory = new BodyMemory(Infinity), bufferMs = null }: BodyOptions = {},
  ) {
    this.#body = body;
    this.#hasEnded = body === null;
    this.memory = memory.claim(bufferMs, (reason) => this.#stop(reason));
    this.#rateGuard = minRate && new MinRateGuard(minRate, () => this.#stop(new TooSlow()));
  }

  /** Reports the size of the memory that the body is read into. @throws ServerBusy */
  hold(bytes: number): void {
    this.memory.read(bytes);
  }

  /**
   * Fills the start of `into`, which is detached afterwards.
   *
   * @param least bytes to wait for, unless the body ends before
   * @returns the bytes that were read, in the same memory; empty at the end
   * @throws ConnectionLost, TooSlow or ServerBusy
   */
  async read(into: Uint8Array, least = 1): Promise<Uint8Array> {
    if (this.#hasEnded) return new Uint8Array();
    this.#rateGuard?.waiting(least);
    try {
      const { value } = (await this.#open()?.readAtLeast(least, into)) ?? {};
      return this.#received(value ?? new Uint8Array());
    } catch {
      this.#end();
      throw this.#stopped ?? new ConnectionLost();
    }
  }

  /**
   * Yields the rest of the body in chunks, whose memory is reused.
   *
   * @throws ConnectionLost, TooSlow or ServerBusy
   */
  async *chunks(): AsyncGenerator<Uint8Array> {
    this.hold(CHUNK_BYTES);
    let chunk = await this.read(new Uint8Array(CHUNK_BYTES));
    for (; chunk.length > 0; chunk = await this.read(new Uint8Array(chunk.buffer))) yield chunk;
  }

  /** Reads and discards the rest of the body, and releases its memory. */
  async drain(): Promise<void> {
    try {
      if (!this.#hasEnded) for await (const _rest of this.chunks());
    } catch {
      // The response is sent all the same.
    } finally {
      this.memory.end();
    }
  }

  /** Locks the body only once it is read. */
  #open(): ReadableStreamBYOBReader | undefined {
    return (this.#reader ??= this.#body?.getReader({ mode: "byob" }));
  }

  #received(bytes: Uint8Array): Uint8Array {
    // A read may still succeed while the body is being cancelled.
    if (this.#stopped) throw this.#stopped;
    this.#rateGuard?.received(bytes.length);
    if (bytes.length === 0) this.#end();
    return bytes;
  }

  #end(): void {
    this.#hasEnded = true;
    this.#rateGuard?.end();
  }

  #stop(reason: ConnectionLost): void {
    this.#stopped ??= reason;
    // Settles the pending read. The rest of the body is not read.
    void this.#reader?.cancel().catch(() => undefined);
  }
}
