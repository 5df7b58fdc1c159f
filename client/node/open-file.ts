import { openAsBlob } from "node:fs";
import { open, stat } from "node:fs/promises";
import { basename } from "node:path";
import type { Source } from "../source.ts";

/**
 * Bytes that Node's own `openAsBlob` is right about. It counts with 32 bits: of 5 GiB it would see one,
 * and that it could not read (https://github.com/nodejs/node/issues/52585).
 */
const MOST_OF_OPEN_AS_BLOB = 2 ** 31 - 1;

/**
 * A file on disk, of any size, as `Uploader.add` takes it: nothing is read before it is sent. For Node.
 *
 * @throws Error of `fs.stat` where there is no such file
 */
export async function openFile(path: string): Promise<Source> {
  const { size, mtimeMs } = await stat(path);
  const isSmall = size <= MOST_OF_OPEN_AS_BLOB;
  const blob = isSmall ? await openAsBlob(path) : new LargeFile({ path, size, mtimeMs }, 0, size);
  return { name: basename(path), lastModified: Math.trunc(mtimeMs), blob };
}

/** A file as it was when it was opened. */
interface Opened {
  path: string;
  /** Bytes. */
  size: number;
  mtimeMs: number;
}

type Chunk = Uint8Array<ArrayBuffer>;

/** What is between two offsets of a large file. Too large for a bundle, it is only read, never composed. */
class LargeFile extends Blob {
  override readonly size: number;
  readonly #file: Opened;
  readonly #start: number;

  constructor(file: Opened, start: number, end: number) {
    super();
    this.#file = file;
    this.#start = start;
    this.size = end - start;
  }

  override slice(start = 0, end: number = this.size): Blob {
    const from = this.#offset(start);
    return new LargeFile(this.#file, from, Math.max(from, this.#offset(end)));
  }

  override stream(): ReadableStream<Chunk> {
    const chunks = this.#read();
    return new ReadableStream<Chunk>(
      {
        async pull(controller) {
          const { done, value } = await chunks.next();
          if (done === true) controller.close();
          else controller.enqueue(value);
        },
        cancel: async () => void (await chunks.return()),
      },
      { highWaterMark: 0 },
    );
  }

  override async arrayBuffer(): Promise<ArrayBuffer> {
    return new Response(this.stream()).arrayBuffer();
  }

  override async bytes(): Promise<Chunk> {
    return new Uint8Array(await this.arrayBuffer());
  }

  override async text(): Promise<string> {
    return new Response(this.stream()).text();
  }

  /** In the file on disk; below 0 it counts from the end, as with any Blob. */
  #offset(inSlice: number): number {
    const { size } = this;
    return this.#start + (inSlice < 0 ? Math.max(0, size + inSlice) : Math.min(inSlice, size));
  }

  async *#read(): AsyncGenerator<Chunk, void, void> {
    const { path, size, mtimeMs } = this.#file;
    await using file = await open(path);
    const now = await file.stat();
    if (now.size !== size || now.mtimeMs !== mtimeMs) {
      throw new DOMException("The file was changed after it was opened.", "NotReadableError");
    }
    if (this.size === 0) return;
    const end = this.#start + this.size - 1;
    yield* file.createReadStream({ start: this.#start, end, autoClose: false });
  }
}
