import { KIB } from "../../protocol/index.ts";
import { chunksOf } from "../../storage/digests.ts";
import { StorageError } from "../../storage/errors.ts";
import type { Content, OpenContent } from "./read-ahead.ts";

/** Headers and small files are sent together, in writes of at most this size. */
const WRITE_BYTES = 64 * KIB;

/**
 * Returns a stream of contents of a known length. If one can't be read, the stream breaks off, so that the
 * client notices and may continue later: a response that has begun can't become a problem.
 *
 * @param onFailure receives the error of R2, before the stream breaks off
 */
export function archiveStream(
  contents: AsyncGenerator<Content>,
  length: number,
  onFailure: (error: StorageError) => Promise<void>,
): ReadableStream {
  const { readable, writable } = new FixedLengthStream(length);
  void sendAll(contents, writable).catch(async (error: unknown) => {
    // Any other error is that of a client that has gone.
    if (error instanceof StorageError) await onFailure(error).catch(() => undefined);
    await writable.abort(error).catch(() => undefined);
  });
  return readable;
}

async function sendAll(
  contents: AsyncGenerator<Content>,
  writable: WritableStream<Uint8Array>,
): Promise<void> {
  const buffer = new WriteBuffer(writable);
  for await (const content of contents) {
    if (content instanceof Uint8Array) await buffer.write(content);
    else {
      await buffer.flush();
      await pass(content, writable);
    }
  }
  await buffer.flush();
  await writable.close();
}

/** A body that breaks off may end as if it were complete, so its bytes are counted. */
async function pass(
  { body, length }: OpenContent,
  writable: WritableStream<Uint8Array>,
): Promise<void> {
  const writer = writable.getWriter();
  let passed = 0;
  try {
    for await (const chunk of chunksOf(body)) {
      passed += chunk.length;
      await writer.write(chunk);
    }
  } finally {
    writer.releaseLock();
  }
  if (passed !== length) throw new StorageError("get", "The object ended early.");
}

/** Collects bytes into larger writes. */
class WriteBuffer {
  readonly #writable: WritableStream<Uint8Array>;
  readonly #bytes = new Uint8Array(WRITE_BYTES);
  #length = 0;

  constructor(writable: WritableStream<Uint8Array>) {
    this.#writable = writable;
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (this.#length + bytes.length > WRITE_BYTES) await this.flush();
    if (bytes.length > WRITE_BYTES) return this.#send(bytes);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  async flush(): Promise<void> {
    if (this.#length === 0) return;
    await this.#send(this.#bytes.subarray(0, this.#length));
    this.#length = 0;
  }

  async #send(bytes: Uint8Array): Promise<void> {
    const writer = this.#writable.getWriter();
    try {
      await writer.write(bytes);
    } finally {
      writer.releaseLock();
    }
  }
}
