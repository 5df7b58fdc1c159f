import { type BodyReader, ConnectionLost } from "../http/request-body.ts";
import { ChunkReader } from "./reader.ts";
import { hex } from "../upload/digest.ts";
import { HEAD_BYTES } from "../upload/inspect.ts";

/** A body on its way into R2: counted and hashed while it passes, and never held whole. */
export class BodyStream {
  readonly #chunks: ChunkReader;
  #first: Uint8Array | null = null;

  constructor(reader: BodyReader) {
    this.#chunks = new ChunkReader(reader);
  }

  /**
   * The first bytes, which stay in the stream.
   *
   * @throws ConnectionLost
   */
  async head(): Promise<Uint8Array> {
    this.#first ??= await this.#chunks.next();
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
    const sinks = [writable.getWriter(), hash.getWriter()];
    const storing = put(readable);
    const passing = this.#pass(sinks, length, onBytes);
    // R2 may have decided before it has read all: then nobody takes the rest.
    void storing.then(
      () => giveUp(sinks),
      () => giveUp(sinks),
    );
    const [passed, stored] = await Promise.allSettled([passing, storing]);
    // A lost connection fails the `put` as well, and a failed `put` the passing: tell the cause.
    if (passed.status === "rejected" && passed.reason instanceof ConnectionLost)
      throw passed.reason;
    if (stored.status === "rejected") throw stored.reason;
    if (passed.status === "rejected") throw passed.reason;
    return { result: stored.value, sha256: hex(await hash.digest) };
  }

  async #pass(
    sinks: readonly WritableStreamDefaultWriter<Uint8Array>[],
    length: number,
    onBytes: (passed: number) => void,
  ): Promise<void> {
    try {
      let passed = 0;
      let chunk = this.#first ?? (await this.#chunks.next());
      for (; chunk.length > 0; chunk = await this.#chunks.next()) {
        const written = chunk;
        passed += written.length;
        onBytes(passed);
        await Promise.all(sinks.map((sink) => sink.write(written)));
      }
      // Between Workers, what breaks off ends as if there were no more.
      if (passed < length) throw new ConnectionLost();
      await Promise.all(sinks.map((sink) => sink.close()));
    } catch (error) {
      // Without this the `put` would wait for the rest for ever.
      await giveUp(sinks);
      throw error;
    }
  }
}

/** Lets whoever waits at either end of a stream go on; one that is closed stays as it is. */
async function giveUp(sinks: readonly WritableStreamDefaultWriter<Uint8Array>[]): Promise<void> {
  await Promise.all(sinks.map((sink) => sink.abort().catch(() => undefined)));
}
