import { type MinRate, MinRateGuard } from "./slow-body.ts";

/** Of a body that is read to be kept whole, or to be dropped. */
const CHUNK_BYTES = 64 * 1024;

/** A request's body broke off: the client went away, and nobody is left to answer. */
export class ConnectionLost extends Error {
  constructor(message = "The connection was lost before the request had come whole.") {
    super(message);
    this.name = "ConnectionLost";
  }
}

/** A body came so slowly that it was given up, which is as good as a lost connection. */
export class TooSlow extends ConnectionLost {
  constructor() {
    super("Send the request again: too little of its body came in too long a time.");
    this.name = "TooSlow";
  }
}

/** Bytes of the body as its `Content-Length` says; null where there is no such header. */
export function bodyLength(request: Request): number | null {
  const value = request.headers.get("Content-Length");
  return value !== null && /^\d+$/u.test(value) ? Number(value) : null;
}

/** Reads a body in pieces of the caller's size: each read costs the same, however little it brings. */
export class BodyReader {
  readonly #body: ReadableStream<Uint8Array> | null;
  readonly #rateGuard: MinRateGuard | null;
  #reader: ReadableStreamBYOBReader | undefined;
  #hasEnded: boolean;
  #isTooSlow = false;

  /** @param pace of the body at least; null where any will do */
  constructor(body: ReadableStream<Uint8Array> | null, pace: MinRate | null = null) {
    this.#body = body;
    this.#hasEnded = body === null;
    this.#rateGuard = pace && new MinRateGuard(pace, () => this.#abort());
  }

  /**
   * Fills the beginning of `into`, whose buffer is not the caller's any more.
   *
   * @param least bytes to wait for, unless there are no more
   * @returns what was read, in the same memory; empty at the end
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
   * The rest of the body, chunk by chunk.
   *
   * @throws ConnectionLost, or TooSlow
   */
  async *chunks(): AsyncGenerator<Uint8Array> {
    const next = () => this.read(new Uint8Array(CHUNK_BYTES));
    for (let chunk = await next(); chunk.length > 0; chunk = await next()) yield chunk;
  }

  /** Reads the rest, and keeps none of it. */
  async drain(): Promise<void> {
    if (this.#hasEnded) return;
    try {
      let memory = await this.read(new Uint8Array(CHUNK_BYTES));
      while (memory.length > 0) memory = await this.read(new Uint8Array(memory.buffer));
    } catch {
      // Whoever is still there is answered all the same.
    }
  }

  /** Only what is read is locked. */
  #open(): ReadableStreamBYOBReader | undefined {
    return (this.#reader ??= this.#body?.getReader({ mode: "byob" }));
  }

  #received(bytes: Uint8Array): Uint8Array {
    // A byte may still come while the body is given up, and nothing after it.
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
    // Whoever waits for the next byte waits no longer. What the client still sends is not read.
    void this.#reader?.cancel().catch(() => undefined);
  }
}
