import { ConnectionLost } from "../http/body-errors.ts";
import type { BodyReader } from "../http/request-body.ts";
import { AdaptiveReader } from "./reader.ts";
import { HEAD_BYTES, MIB } from "../../protocol/index.ts";

/** The head of a body has to fit. */
const MEMORY_BYTES = { min: 2 * HEAD_BYTES, max: MIB };

/** R2 settled before it had read the whole body: the body was not needed. */
export class UnreadBody extends Error {}

/** Passes a body on to R2 and hashes it on the way, without buffering it. */
export class HashingStream {
  readonly #reader: AdaptiveReader;
  readonly #length: number;
  #hasHead = false;

  /** @param length bytes of the body, which R2 must know in advance */
  constructor(body: BodyReader, length: number) {
    this.#reader = new AdaptiveReader(body, { memory: MEMORY_BYTES, waitsForMore: true });
    this.#length = length;
  }

  /**
   * Returns a copy of the first `HEAD_BYTES` bytes, which remain in the stream. Call it before
   * `pipe`.
   *
   * @param onProgress receives the number of bytes that have arrived so far
   * @throws ConnectionLost
   */
  async head(onProgress: (bytes: number) => void): Promise<Uint8Array> {
    const length = Math.min(HEAD_BYTES, this.#length);
    while (this.#reader.unread.length < length && (await this.#reader.more()) > 0) {
      onProgress(this.#reader.unread.length);
    }
    this.#hasHead = true;
    return this.#reader.unread.slice(0, HEAD_BYTES);
  }

  /**
   * Pipes the body into `put`.
   *
   * @param onProgress receives the number of bytes passed on so far
   * @returns the result of `put`, and the hex SHA-256 of the body
   * @throws ConnectionLost, UnreadBody, or the error of `put`
   */
  async pipe<T>(
    put: (body: ReadableStream<Uint8Array>) => Promise<T>,
    onProgress: (bytes: number) => void,
  ): Promise<{ result: T; sha256: string }> {
    const { readable, writable } = new FixedLengthStream(this.#length);
    const hash = new crypto.DigestStream("SHA-256");
    // The digest of an aborted stream rejects, and nothing reads it.
    void hash.digest.catch(() => undefined);
    const sinks = [writable.getWriter(), hash.getWriter()];
    const putting = put(readable);
    const piping = this.#writeTo(sinks, onProgress);
    // R2 may settle before it has read everything, and then nothing reads the rest.
    void putting.then(
      () => abort(sinks),
      () => abort(sinks),
    );
    const [piped, stored] = await Promise.allSettled([piping, putting]);
    // A lost connection also fails the `put`, and a failed `put` the writes: throw the cause.
    if (piped.status === "rejected" && piped.reason instanceof ConnectionLost) throw piped.reason;
    if (stored.status === "rejected") throw stored.reason;
    if (piped.status === "rejected") throw new UnreadBody();
    return { result: stored.value, sha256: new Uint8Array(await hash.digest).toHex() };
  }

  async #writeTo(
    sinks: readonly WritableStreamDefaultWriter<Uint8Array>[],
    onProgress: (bytes: number) => void,
  ): Promise<void> {
    try {
      let passed = 0;
      for (let chunk = await this.#first(); chunk.length > 0; chunk = await this.#next()) {
        const written = chunk;
        passed += written.length;
        onProgress(passed);
        await Promise.all(sinks.map((sink) => sink.write(written)));
      }
      // Between Workers, an aborted body ends as if it were complete.
      if (passed < this.#length) throw new ConnectionLost();
      await Promise.all(sinks.map((sink) => sink.close()));
    } catch (error) {
      // Otherwise `put` waits for the rest forever.
      await abort(sinks);
      throw error;
    }
  }

  async #first(): Promise<Uint8Array> {
    return this.#hasHead ? this.#reader.unread : this.#next();
  }

  async #next(): Promise<Uint8Array> {
    this.#reader.skip(this.#reader.unread.length);
    await this.#reader.more();
    return this.#reader.unread;
  }
}

/** Aborts the sinks, so that their readers settle; a closed sink stays closed. */
async function abort(sinks: readonly WritableStreamDefaultWriter<Uint8Array>[]): Promise<void> {
  await Promise.all(sinks.map((sink) => sink.abort().catch(() => undefined)));
}
