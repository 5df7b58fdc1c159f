import { type MinRate, MinRateGuard } from "./slow-body.ts";

/** Size of the reads of `chunks()` and `drain()`. */
const CHUNK_BYTES = 64 * 1024;

/** The body ended early because the client disconnected. */
export class ConnectionLost extends Error {
  constructor(
    message = "The connection was lost before the whole body arrived; send the request again.",
  ) {
    super(message);
    this.name = "ConnectionLost";
  }
}

/** Reading stopped because the body was slower than the minimum rate. */
export class TooSlow extends ConnectionLost {
  constructor() {
    super("The body arrived too slowly; send the request again.");
    this.name = "TooSlow";
  }
}

/** Returns the request's `Content-Length`; null if there is none. */
export function bodyLength(request: Request): number | null {
  const value = request.headers.get("Content-Length");
  return value !== null && /^\d+$/u.test(value) ? Number(value) : null;
}

/** Reads a request's body into memory of the caller. A read costs the same however much it returns. */
export class BodyReader {
  readonly #body: ReadableStream<Uint8Array> | null;
  readonly #rateGuard: MinRateGuard | null;
  #reader: ReadableStreamBYOBReader | undefined;
  #hasEnded: boolean;
  #isTooSlow = false;

  /** @param minRate the slowest allowed body; null for no limit */
  constructor(body: ReadableStream<Uint8Array> | null, minRate: MinRate | null = null) {
    this.#body = body;
    this.#hasEnded = body === null;
    this.#rateGuard = minRate && new MinRateGuard(minRate, () => this.#abort());
  }

  /**
   * Fills the start of `into`, which is detached afterwards.
   *
   * @param least bytes to wait for, unless the body ends before
   * @returns the bytes that were read, in the same memory; empty at the end
   * @throws ConnectionLost, or TooSlow
   */
  async read(into: Uint8Array, least = 1): Promise<Uint8Array> {
    if (this.#hasEnded) return new Uint8Array();
    this.#rateGuard?.waiting(least);
    try {
      const { value } = (await this.#open()?.readAtLeast(least, into)) ?? {};
      return this.#received(value ?? new Uint8Array());
    } catch {
      this.#end();
      throw this.#isTooSlow ? new TooSlow() : new ConnectionLost();
    }
  }

  /**
   * Yields the rest of the body in chunks.
   *
   * @throws ConnectionLost, or TooSlow
   */
  async *chunks(): AsyncGenerator<Uint8Array> {
    const next = () => this.read(new Uint8Array(CHUNK_BYTES));
    for (let chunk = await next(); chunk.length > 0; chunk = await next()) yield chunk;
  }

  /** Reads and discards the rest of the body. */
  async drain(): Promise<void> {
    if (this.#hasEnded) return;
    try {
      let memory = await this.read(new Uint8Array(CHUNK_BYTES));
      while (memory.length > 0) memory = await this.read(new Uint8Array(memory.buffer));
    } catch {
      // The response is sent all the same.
    }
  }

  /** Locks the body only once it is read. */
  #open(): ReadableStreamBYOBReader | undefined {
    return (this.#reader ??= this.#body?.getReader({ mode: "byob" }));
  }

  #received(bytes: Uint8Array): Uint8Array {
    // A read may still succeed while the body is being cancelled.
    if (this.#isTooSlow) throw new TooSlow();
    this.#rateGuard?.received(bytes.length);
    if (bytes.length === 0) this.#end();
    return bytes;
  }

  #end(): void {
    this.#hasEnded = true;
    this.#rateGuard?.end();
  }

  #abort(): void {
    this.#isTooSlow = true;
    // Settles the pending read. The rest of the body is not read.
    void this.#reader?.cancel().catch(() => undefined);
  }
}
