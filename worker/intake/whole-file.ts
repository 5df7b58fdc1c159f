import type { Admission } from "../../durable-objects/index.ts";
import { ConnectionLost } from "../http/request-body.ts";
import { putObject } from "../storage/objects.ts";
import { hex } from "./digest.ts";
import { HEAD_BYTES, typeOf } from "./inspect.ts";
import { arriving, fail, finish, type Intake } from "./receive-file.ts";

/** Bytes read at a time: each read costs the same, however little it brings. */
const READ_BYTES = 256 * 1024;

/**
 * Takes in a file as a stream: what passes is counted, hashed and looked at, and never held whole.
 *
 * @param digest hex SHA-256 that the bytes must have
 * @throws ProblemError `checksum_mismatch` or `storage_failed`, after it was reported of the file
 */
export async function receiveWholeFile(
  intake: Intake,
  file: Admission,
  body: ReadableStream<Uint8Array>,
  digest: string | null,
): Promise<void> {
  const reader = new ChunkReader(body);
  try {
    const first = await reader.read();
    const head = first.slice(0, HEAD_BYTES);
    const type = await typeOf(head, file.type);
    const stored = await storeWhile(intake, { file, type, digest }, (sink) =>
      pump(reader, first, sink, (bytes) => arriving(intake, file, bytes)),
    );
    finish(intake, file, { ...stored, head, type });
  } catch (error) {
    await reader.cancel();
    fail(intake, file, error);
    throw error;
  }
}

/** Where the bytes go: the object in the bucket, and the digest. */
interface Sink {
  write(chunk: Uint8Array): Promise<void>;
  close(): Promise<void>;
}

/** Stores what `feed` writes, and hashes it on the way. */
async function storeWhile(
  { bucket, batch }: Intake,
  { file, type, digest }: { file: Admission; type: string; digest: string | null },
  feed: (sink: Sink) => Promise<void>,
): Promise<{ etag: string; sha256: string }> {
  const sha256 = digest ?? file.sha256;
  const { readable, writable } = new FixedLengthStream(file.size);
  const hash = new crypto.DigestStream("SHA-256");
  const put = putObject(bucket, { batch, file, type, ...(sha256 && { sha256 }) }, readable);
  const [fed, stored] = await Promise.allSettled([feed(sinkOf(writable, hash)), put]);
  // A lost connection fails the `put` as well, and a failed `put` the feeding: tell the cause.
  if (fed.status === "rejected" && fed.reason instanceof ConnectionLost) throw fed.reason;
  if (stored.status === "rejected") throw stored.reason;
  if (fed.status === "rejected") throw fed.reason;
  return { etag: stored.value, sha256: hex(await hash.digest) };
}

function sinkOf(object: WritableStream<Uint8Array>, hash: WritableStream<Uint8Array>): Sink {
  const writers = [object.getWriter(), hash.getWriter()];
  return {
    async write(chunk) {
      await Promise.all(writers.map((writer) => writer.write(chunk)));
    },
    async close() {
      await Promise.all(writers.map((writer) => writer.close()));
    },
  };
}

async function pump(
  reader: ChunkReader,
  first: Uint8Array,
  sink: Sink,
  onBytes: (received: number) => void,
): Promise<void> {
  let received = 0;
  for (let chunk = first; chunk.length > 0; chunk = await reader.read()) {
    received += chunk.length;
    onBytes(received);
    await sink.write(chunk);
  }
  await sink.close();
}

/** Reads a body in large chunks; an empty one is its end. */
class ChunkReader {
  readonly #reader: ReadableStreamBYOBReader;

  constructor(body: ReadableStream<Uint8Array>) {
    this.#reader = body.getReader({ mode: "byob" });
  }

  async read(): Promise<Uint8Array> {
    try {
      const buffer = new Uint8Array(READ_BYTES);
      const { value } = await this.#reader.readAtLeast(READ_BYTES / 2, buffer);
      return value ?? new Uint8Array();
    } catch {
      throw new ConnectionLost();
    }
  }

  async cancel(): Promise<void> {
    await this.#reader.cancel().catch(() => undefined);
  }
}
