import { openAsBlob } from "node:fs";
import { open, stat } from "node:fs/promises";
import { basename } from "node:path";
import type { Source } from "../source.ts";

/**
 * Bytes for which Node's `openAsBlob` works. It counts with 32 bits: of 5 GiB it would see one, and
 * couldn't read that (https://github.com/nodejs/node/issues/52585).
 */
const OPEN_AS_BLOB_BYTES = 2 ** 31 - 1;

/**
 * Returns a file on disk, of any size, as a Source. Its content is read when it's sent. For Node.
 *
 * @throws Error of `fs.stat` if there is no such file
 * @example
 * uploader.add([await openFile("/videos/interview.mov")]);
 */
export async function openFile(path: string): Promise<Source> {
  const { size, mtimeMs } = await stat(path);
  const isSmall = size <= OPEN_AS_BLOB_BYTES;
  const blob = isSmall ? await openAsBlob(path) : new DiskBlob({ path, size, mtimeMs }, 0, size);
  return { name: basename(path), lastModified: Math.trunc(mtimeMs), blob };
}

/** A file as it was when it was opened. */
interface OpenedFile {
  path: string;
  /** Bytes. */
  size: number;
  mtimeMs: number;
}

type Chunk = Uint8Array<ArrayBuffer>;

/**
 * The bytes of a large file between two offsets. It can be sliced and read; a Blob can't be composed
 * of it, which only bundles of small files need.
 */
class DiskBlob extends Blob {
  override readonly size: number;
  readonly #file: OpenedFile;
  readonly #start: number;

  constructor(file: OpenedFile, start: number, end: number) {
    super();
    this.#file = file;
    this.#start = start;
    this.size = end - start;
  }

  override slice(start = 0, end: number = this.size): Blob {
    const from = this.#offset(start);
    return new DiskBlob(this.#file, from, Math.max(from, this.#offset(end)));
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

  /** Returns the offset in the file. Negative arguments count from the end, as with any Blob. */
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
