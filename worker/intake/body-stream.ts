import { ConnectionLost } from "../http/request-body.ts";
import { hex } from "./digest.ts";
import { HEAD_BYTES } from "./inspect.ts";

/** Bytes read at a time: each read costs the same, however little it brings. */
const READ_BYTES = 256 * 1024;

/** A request's body on its way into R2: counted and hashed while it passes, and never held whole. */
export class BodyStream {
  readonly #reader: ReadableStreamBYOBReader;
  #first: Uint8Array | null = null;

  constructor(body: ReadableStream<Uint8Array>) {
    this.#reader = body.getReader({ mode: "byob" });
  }

  /**
   * The first bytes, which stay in the stream.
   *
   * @throws ConnectionLost
   */
  async head(): Promise<Uint8Array> {
    this.#first ??= await this.#read();
    return this.#first.slice(0, HEAD_BYTES);
  }

  /**
   * Lets the body pass through `put`.
   *
   * @param length bytes of the body, which R2 must know beforehand
   * @param onBytes is told how many bytes have passed
   * @returns what `put` did, and the hex SHA-256 of what passed
   * @throws ConnectionLost, or what `put` threw
   */
  async through<T>(
    length: number,
    put: (body: ReadableStream<Uint8Array>) => Promise<T>,
    onBytes: (passed: number) => void,
  ): Promise<{ result: T; sha256: string }> {
    const { readable, writable } = new FixedLengthStream(length);
    const hash = new crypto.DigestStream("SHA-256");
    // Of what breaks off nobody asks the digest.
    void hash.digest.catch(() => undefined);
    const passing = this.#pass([writable.getWriter(), hash.getWriter()], onBytes);
    const [passed, stored] = await Promise.allSettled([passing, put(readable)]);
    // A lost connection fails the `put` as well, and a failed `put` the passing: tell the cause.
    if (passed.status === "rejected" && passed.reason instanceof ConnectionLost)
      throw passed.reason;
    if (stored.status === "rejected") throw stored.reason;
    if (passed.status === "rejected") throw passed.reason;
    return { result: stored.value, sha256: hex(await hash.digest) };
  }

  /** Leaves what has not been read to `drainBody`. */
  release(): void {
    this.#reader.releaseLock();
  }

  async #pass(
    sinks: readonly WritableStreamDefaultWriter<Uint8Array>[],
    onBytes: (passed: number) => void,
  ): Promise<void> {
    try {
      let passed = 0;
      let chunk = this.#first ?? (await this.#read());
      for (; chunk.length > 0; chunk = await this.#read()) {
        const written = chunk;
        passed += written.length;
        onBytes(passed);
        await Promise.all(sinks.map((sink) => sink.write(written)));
      }
      await Promise.all(sinks.map((sink) => sink.close()));
    } catch (error) {
      // Without this the `put` would wait for the rest for ever.
      await Promise.all(sinks.map((sink) => sink.abort(error).catch(() => undefined)));
      throw error;
    }
  }

  /** The next chunk; an empty one is the end. */
  async #read(): Promise<Uint8Array> {
    try {
      const { value } = await this.#reader.readAtLeast(READ_BYTES / 2, new Uint8Array(READ_BYTES));
      return value ?? new Uint8Array();
    } catch {
      throw new ConnectionLost();
    }
  }
}
