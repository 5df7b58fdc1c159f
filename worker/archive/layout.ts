import type { ByteRange } from "../download/range.ts";
import { centralHeader, endRecords, localHeader, type ZipEntry } from "./zip.ts";

/** Bytes of headers that are made at a time. */
const HEADER_BYTES = 64 * 1024;

/** A piece of an archive: bytes, or a range of the content of an entry. */
export type Piece = Uint8Array | ContentPiece;

export interface ContentPiece extends ByteRange {
  /** Index of the entry. */
  entry: number;
}

/**
 * The layout of a ZIP of stored entries, which depends on these alone: it is the same for every request, so
 * that any range of it can be made. The headers are made when they are sent.
 */
export class ArchiveLayout {
  /** Bytes of the whole archive. */
  readonly size: number;
  readonly #entries: readonly ZipEntry[];
  /** The offset of each entry's header, and that of the central directory. */
  readonly #offsets: Float64Array;
  /** The offset of each entry's header in the central directory, and that of the records at the end. */
  readonly #central: Float64Array;

  constructor(entries: readonly ZipEntry[]) {
    this.#entries = entries;
    const headers = entries.map((entry) => localHeader(entry).length + entry.size);
    this.#offsets = offsetsOf(0, headers);
    const central = entries.map(
      (entry, index) => centralHeader(entry, at(this.#offsets, index)).length,
    );
    this.#central = offsetsOf(this.#directory, central);
    this.size = this.#end + this.#endRecords().length;
  }

  /** Returns the pieces of a range, in order. */
  *pieces({ offset, length }: ByteRange): Generator<Piece> {
    const range = { from: offset, to: offset + length };
    yield* this.#contents(range);
    yield* this.#headers(range);
    const end = this.#endRecords();
    if (range.to > this.#end) yield cut(end, this.#end, range);
  }

  /** The offset of the central directory. */
  get #directory(): number {
    return at(this.#offsets, this.#entries.length);
  }

  /** The offset of the records at the end. */
  get #end(): number {
    return at(this.#central, this.#entries.length);
  }

  *#contents(range: Range): Generator<Piece> {
    for (let index = indexAt(this.#offsets, range.from); index < this.#entries.length; index++) {
      const entry = this.#entries[index];
      const start = at(this.#offsets, index);
      if (!entry || start >= range.to) return;
      const header = localHeader(entry);
      const content = start + header.length;
      if (range.from < content) yield cut(header, start, range);
      const from = Math.max(range.from, content);
      const to = Math.min(range.to, content + entry.size);
      if (from < to) yield { entry: index, offset: from - content, length: to - from };
    }
  }

  /** Several headers share a piece. */
  *#headers(range: Range): Generator<Uint8Array> {
    let index = indexAt(this.#central, range.from);
    while (index < this.#entries.length && at(this.#central, index) < range.to) {
      const first = index;
      const start = at(this.#central, first);
      while (index < this.#entries.length && at(this.#central, index) < start + HEADER_BYTES)
        index++;
      yield cut(this.#join(first, index), start, range);
    }
  }

  /** Returns the headers of entries in the central directory. */
  #join(first: number, end: number): Uint8Array {
    const start = at(this.#central, first);
    const joined = new Uint8Array(at(this.#central, end) - start);
    for (const [index, entry] of this.#entries.slice(first, end).entries()) {
      const header = centralHeader(entry, at(this.#offsets, first + index));
      joined.set(header, at(this.#central, first + index) - start);
    }
    return joined;
  }

  #endRecords(): Uint8Array {
    const offset = this.#directory;
    return endRecords({ entries: this.#entries.length, offset, size: this.#end - offset });
  }
}

/** Offsets in an archive, without the last. */
interface Range {
  from: number;
  to: number;
}

/** Returns the part of bytes that start at an offset which is in a range. */
function cut(bytes: Uint8Array, start: number, { from, to }: Range): Uint8Array {
  return bytes.subarray(Math.max(0, from - start), Math.max(0, to - start));
}

/** Returns the offset of each of several lengths, and the end. */
function offsetsOf(start: number, lengths: readonly number[]): Float64Array {
  const offsets = new Float64Array(lengths.length + 1);
  let next = start;
  for (const [index, length] of lengths.entries()) {
    offsets[index] = next;
    next += length;
  }
  offsets[lengths.length] = next;
  return offsets;
}

/** Returns the index of the last offset up to a position; 0 if all are above. */
function indexAt(offsets: Float64Array, position: number): number {
  let [low, high] = [0, offsets.length - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (at(offsets, middle) <= position) low = middle;
    else high = middle - 1;
  }
  return low;
}

function at(offsets: Float64Array, index: number): number {
  return offsets[index] ?? 0;
}
