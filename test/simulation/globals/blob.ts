/** A part that a Blob is made of. */
type Piece = string | Uint8Array | MemoryBlob;

/**
 * A Blob whose bytes are in memory and are read without leaving JavaScript. Node's own reads on
 * another thread, which takes a random time.
 */
export class MemoryBlob {
  readonly type: string;
  readonly #bytes: Uint8Array<ArrayBuffer>;
  /** True if the file was changed or deleted, and can no longer be read. */
  isGone = false;

  constructor(pieces: readonly Piece[] = [], { type = "" }: { type?: string } = {}) {
    this.type = type;
    this.#bytes = Uint8Array.from(Buffer.concat(pieces.map(bytesOf)));
    this.isGone = pieces.some((piece) => piece instanceof MemoryBlob && piece.isGone);
  }

  get size(): number {
    return this.#bytes.length;
  }

  slice(start?: number, end?: number, type = ""): MemoryBlob {
    const slice = new MemoryBlob([this.#bytes.slice(start, end)], { type });
    slice.isGone = this.isGone;
    return slice;
  }

  bytes(): Promise<Uint8Array<ArrayBuffer>> {
    if (this.isGone) return Promise.reject(notReadable());
    return Promise.resolve(this.#bytes.slice());
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    return (await this.bytes()).buffer;
  }

  async text(): Promise<string> {
    return new TextDecoder().decode(await this.bytes());
  }

  stream(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return new ReadableStream({
      start: async (controller) => {
        const bytes = await this.bytes();
        if (bytes.length > 0) controller.enqueue(bytes);
        controller.close();
      },
    });
  }

  static bytesOf(blob: MemoryBlob): Uint8Array {
    return blob.#bytes;
  }
}

export function installBlob(): void {
  Object.assign(globalThis, { Blob: MemoryBlob });
}

function bytesOf(piece: Piece): Uint8Array {
  if (typeof piece === "string") return new TextEncoder().encode(piece);
  return piece instanceof MemoryBlob ? MemoryBlob.bytesOf(piece) : piece;
}

function notReadable(): DOMException {
  return new DOMException("The file could not be read", "NotReadableError");
}
