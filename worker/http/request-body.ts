import { ConnectionLost, TooSlow } from "./body-errors.ts";
import { BodyMemory, type MemoryClaim } from "./body-memory.ts";
import { type MinRate, MinRateGuard } from "./slow-body.ts";
import { Silence } from "./silence.ts";
import { bodyTooLarge } from "./size-problems.ts";

/** Size of the reads of `chunks()` and `drain()`. */
const CHUNK_BYTES = 64 * 1024;

/** Returns the announced length of a request's body; null if it is known only at the end. */
export function bodyLength(request: Request): number | null {
  if (request.body === null) return 0;
  // It overrides a Content-Length (RFC 9112), such as the 0 that some clients send with a stream.
  if (request.headers.has("Transfer-Encoding")) return null;
  const value = request.headers.get("Content-Length");
  return value !== null && /^\d+$/u.test(value) ? Number(value) : null;
}

export interface BodyOptions {
  /** Bytes that may be read; default: without limit. */
  maxBytes?: number;
  /** The announced length; null if it is known only at the end. */
  length?: number | null;
  /** The slowest allowed body; null for no limit. */
  minRate?: MinRate | null;
  /** Memory that the body shares with others; default: without limit. */
  memory?: BodyMemory;
  /** Longest time for which content is buffered before it is complete; null for no limit. */
  bufferMs?: number | null;
}

/** Reads a request's body into memory of the caller. A read costs the same however much it returns. */
export class BodyReader {
  /** The announced length; null if it is known only at the end. */
  readonly length: number | null;
  /** Accounts for the memory of the body. */
  readonly memory: MemoryClaim;
  readonly #body: ReadableStream<Uint8Array> | null;
  #maxBytes: number;
  readonly #rateGuard: MinRateGuard | null;
  #reader: ReadableStreamBYOBReader | undefined;
  #hasEnded: boolean;
  #receivedBytes = 0;
  /** The reason for which reading was stopped. */
  #stopped: ConnectionLost | null = null;

  constructor(body: ReadableStream<Uint8Array> | null, options: BodyOptions = {}) {
    const { length = null, minRate = null, bufferMs = null } = options;
    const { memory = new BodyMemory(Infinity), maxBytes = Infinity } = options;
    this.length = length;
    this.#maxBytes = maxBytes;
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
   * @throws ConnectionLost, TooSlow or ServerBusy, or ProblemError `too_large`
   */
  async read(into: Uint8Array, least = 1): Promise<Uint8Array> {
    const bytes = this.#hasEnded ? new Uint8Array() : await this.#receive(into, least);
    if (this.#receivedBytes > this.#maxBytes) throw bodyTooLarge(this.#maxBytes);
    return bytes;
  }

  async #receive(into: Uint8Array, least: number): Promise<Uint8Array> {
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

  /** True if the end of the body is within the limit, or was reached. */
  get hasKnownEnd(): boolean {
    return this.#hasEnded || (this.length !== null && this.length <= this.#maxBytes);
  }

  /**
   * Reads and discards the rest of the body, and releases its memory.
   *
   * @param silenceMs time without a byte after which reading stops; null for that of the minimum rate
   */
  async drain(silenceMs: number | null = null): Promise<void> {
    // A body that has no end is read for a while: most clients stop once they have the response.
    this.#maxBytes = this.length === null ? 2 * this.#maxBytes : Infinity;
    const silence = new Silence(silenceMs, () => this.#stop(new TooSlow()));
    try {
      silence.restart();
      if (!this.#hasEnded) for await (const _rest of this.chunks()) silence.restart();
    } catch {
      // The response is sent all the same.
    } finally {
      silence.end();
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
    this.#receivedBytes += bytes.length;
    if (bytes.length > 0) return bytes;
    this.#end();
    // Between Workers, an aborted body ends as if it were complete.
    if (this.#receivedBytes < (this.length ?? 0)) throw new ConnectionLost();
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
