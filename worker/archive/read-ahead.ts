import { KIB, MIB } from "../../protocol/index.ts";
import { getStored, readStored, type StoredObject } from "../../storage/objects.ts";
import { retryTransient } from "../../storage/retry.ts";
import type { ContentPiece, Piece } from "./layout.ts";

/** Objects that are open at a time. A Worker has six connections. */
const OBJECTS = 6;
/** Bytes before an object that is opened ahead: a slow client must not leave it open for long. */
const AHEAD_BYTES = 8 * MIB;
/** Content up to this size is read into memory, and holds no connection from then on. */
const BUFFERED_BYTES = 256 * KIB;

/** A range of an object that is open. */
export interface OpenContent {
  body: ReadableStream;
  /** Bytes of the range. */
  length: number;
}

/** Bytes, or a stream of bytes. */
export type Content = Uint8Array | OpenContent;

/** A piece and its content, as soon as that is there. */
interface Upcoming {
  piece: Piece;
  content: Promise<Content>;
}

interface Source {
  bucket: R2Bucket;
  /** Returns the object of an entry. */
  objectOf: (entry: number) => StoredObject;
}

/** Opens the objects of an archive ahead, as each small one would otherwise cost a response time of R2. */
export class ReadAhead {
  readonly #source: Source;
  readonly #pieces: Iterator<Piece>;
  /** The current piece, and those after it. */
  readonly #upcoming: Upcoming[] = [];

  constructor(source: Source, pieces: Iterator<Piece>) {
    this.#source = source;
    this.#pieces = pieces;
  }

  /**
   * Yields the content of each piece in order.
   *
   * @throws StorageError if an object can't be opened
   */
  async *contents(): AsyncGenerator<Content> {
    try {
      for (let current = this.#current(); current; current = this.#current()) {
        yield await current.content;
        this.#upcoming.shift();
      }
    } finally {
      await Promise.all(this.#upcoming.map(cancel));
    }
  }

  #current(): Upcoming | undefined {
    while (this.#hasRoom()) {
      const next = this.#pieces.next();
      if (next.done) break;
      this.#upcoming.push({ piece: next.value, content: this.#open(next.value) });
    }
    return this.#upcoming[0];
  }

  #hasRoom(): boolean {
    const objects = this.#upcoming.filter(({ piece }) => "entry" in piece).length;
    const bytes = this.#upcoming.reduce((sum, { piece }) => sum + piece.length, 0);
    return objects < OBJECTS && bytes < AHEAD_BYTES;
  }

  #open(piece: Piece): Promise<Content> {
    const content = "entry" in piece ? this.#openObject(piece) : Promise.resolve(piece);
    // It may fail before its turn.
    content.catch(() => undefined);
    return content;
  }

  async #openObject({ entry, offset, length }: ContentPiece): Promise<Content> {
    const { bucket, objectOf } = this.#source;
    const stored = objectOf(entry);
    const range = { offset, length };
    if (length <= BUFFERED_BYTES) return retryTransient(() => readStored(bucket, stored, range));
    const { body } = await retryTransient(() => getStored(bucket, stored, range));
    return { body, length };
  }
}

/** Closes an object that is not read, which would hold its connection. */
async function cancel({ content }: Upcoming): Promise<void> {
  const opened = await content.catch(() => null);
  if (opened && "body" in opened) await opened.body.cancel().catch(() => undefined);
}
