import { ConnectionLost } from "../http/body-errors.ts";
import { ProblemError } from "../http/problem.ts";
import type { BodyReader } from "../http/request-body.ts";
import { sizeMismatch } from "../http/size-problems.ts";
import { AdaptiveReader } from "./reader.ts";
import { HEAD_BYTES, MIB } from "../../protocol/index.ts";
import { crc32 } from "../../storage/crc32.ts";

/** The head of a body has to fit. */
const MEMORY_BYTES = { min: 2 * HEAD_BYTES, max: MIB };

/** R2 settled before it had read the whole body: the body was not needed. */
export class UnreadBody extends Error {}

/** Digests of a body. */
interface Digests {
  /** Hex. */
  sha256: string;
  crc32: number;
}

/** Passes a body on to R2 and hashes it on the way, without buffering it. */
export class HashingStream {
  readonly #reader: AdaptiveReader;
  readonly #length: number;
  /** True if the body may have more bytes than `#length`. */
  readonly #mayExceed: boolean;
  #receivedBytes = 0;
  /** CRC-32 of the bytes that were passed on. */
  #crc32 = 0;
  #hasHead = false;

  /** @param length bytes that the body must have: R2 must know them in advance, a client need not */
  constructor(body: BodyReader, length: number) {
    this.#mayExceed = body.length !== length;
    this.#reader = new AdaptiveReader(body, { memory: MEMORY_BYTES, waitsForMore: true });
    this.#length = length;
  }

  /**
   * Returns a copy of the first `HEAD_BYTES` bytes, which remain in the stream. Call it before
   * `pipe`.
   *
   * @param onProgress receives the number of bytes that have arrived so far
   * @throws ConnectionLost, or ProblemError `size_mismatch`
   */
  async head(onProgress: (bytes: number) => void): Promise<Uint8Array> {
    const length = Math.min(HEAD_BYTES, this.#length);
    while (this.#reader.unread.length < length && (await this.#more()) > 0) {
      onProgress(this.#reader.unread.length);
    }
    this.#hasHead = true;
    return this.#reader.unread.slice(0, HEAD_BYTES);
  }

  /**
   * Pipes the body into `put`.
   *
   * @param onProgress receives the number of bytes passed on so far
   * @returns the result of `put`, and the digests of the body
   * @throws ConnectionLost, ProblemError `size_mismatch`, UnreadBody, or the error of `put`
   */
  async pipe<T>(
    put: (body: ReadableStream<Uint8Array>) => Promise<T>,
    onProgress: (bytes: number) => void,
  ): Promise<{ result: T } & Digests> {
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
    // A body that fails also fails the `put`, and a failed `put` the writes: throw the cause.
    if (piped.status === "rejected" && isOfBody(piped.reason)) throw piped.reason;
    if (stored.status === "rejected") throw stored.reason;
    if (piped.status === "rejected") throw new UnreadBody();
    const sha256 = new Uint8Array(await hash.digest).toHex();
    return { result: stored.value, sha256, crc32: this.#crc32 };
  }

  async #writeTo(
    sinks: readonly WritableStreamDefaultWriter<Uint8Array>[],
    onProgress: (bytes: number) => void,
  ): Promise<void> {
    try {
      let passed = 0;
      for await (const chunk of this.#chunks()) {
        passed += chunk.length;
        this.#crc32 = crc32(chunk, this.#crc32);
        onProgress(passed);
        await Promise.all(sinks.map((sink) => sink.write(chunk)));
      }
      await Promise.all(sinks.map((sink) => sink.close()));
    } catch (error) {
      // Otherwise `put` waits for the rest forever.
      await abort(sinks);
      throw error;
    }
  }

  /** Yields the whole body. Its memory is reused. */
  async *#chunks(): AsyncGenerator<Uint8Array> {
    let chunk = this.#hasHead ? this.#reader.unread : await this.#next();
    for (; chunk.length > 0; chunk = await this.#next()) {
      if (this.#mayExceed && this.#receivedBytes === this.#length) yield* this.#untilEnd(chunk);
      else yield chunk;
    }
  }

  /** R2 stores a file once it has all bytes, so the last one waits until the body has no more. */
  async *#untilEnd(chunk: Uint8Array): AsyncGenerator<Uint8Array> {
    const last = chunk.slice(-1);
    if (chunk.length > 1) yield chunk.subarray(0, -1);
    await this.#next();
    yield last;
  }

  async #next(): Promise<Uint8Array> {
    this.#reader.skip(this.#reader.unread.length);
    await this.#more();
    return this.#reader.unread;
  }

  async #more(): Promise<number> {
    const read = await this.#reader.more();
    this.#receivedBytes += read;
    if (this.#receivedBytes > this.#length) throw sizeMismatch(this.#length, null);
    if (read === 0 && this.#receivedBytes < this.#length)
      throw sizeMismatch(this.#length, this.#receivedBytes);
    return read;
  }
}

/** True if the body caused the error, and not R2. */
function isOfBody(error: unknown): boolean {
  return error instanceof ConnectionLost || error instanceof ProblemError;
}

/** Aborts the sinks, so that their readers settle; a closed sink stays closed. */
async function abort(sinks: readonly WritableStreamDefaultWriter<Uint8Array>[]): Promise<void> {
  await Promise.all(sinks.map((sink) => sink.abort().catch(() => undefined)));
}
