import { expect, test } from "vitest";
import { noise } from "../testing/samples.ts";
import { type ByteSource, ByteWindow } from "./byte-window.ts";

const SIZE = { least: 4, most: 16 };
const BEFORE = new TextEncoder().encode("<>");

/** Gives at most so many bytes a read, and notes how many there was room for. */
class Source implements ByteSource {
  readonly rooms: number[] = [];
  readonly #bytes: Uint8Array;
  readonly #pieces: readonly number[];
  #given = 0;

  constructor(bytes: Uint8Array, pieces: readonly number[]) {
    this.#bytes = bytes;
    this.#pieces = pieces;
  }

  async read(into: Uint8Array): Promise<Uint8Array> {
    const most = this.#pieces[this.rooms.length] ?? Number.POSITIVE_INFINITY;
    this.rooms.push(into.length);
    const piece = this.#bytes.subarray(this.#given).subarray(0, Math.min(most, into.length));
    this.#given += piece.length;
    if (piece.length === 0) return piece;
    // As a stream does: the caller's buffer is gone, and another one has its memory.
    const start = into.byteOffset;
    const moved = new Uint8Array(structuredClone(into.buffer, { transfer: [into.buffer] }));
    moved.set(piece, start);
    return moved.subarray(start, start + piece.length);
  }
}

/** All that passes a window of which everything but `kept` bytes is let go after each read. */
async function passed(source: Source, kept: number): Promise<number[]> {
  const window = new ByteWindow(source, SIZE, BEFORE);
  const all: number[] = [];
  const letGo = (count: number): void => {
    all.push(...window.unread.subarray(0, count));
    window.skip(count);
  };
  while ((await window.more()) > 0) letGo(Math.max(0, window.unread.length - kept));
  letGo(window.unread.length);
  return all;
}

test.each([0, 1, 3])(
  "what is read passes whole and in order, %i bytes of it kept",
  async (kept) => {
    const bytes = noise(100);
    const source = new Source(bytes, [1, 2, 1, 4, 9, 3]);
    expect(await passed(source, kept)).toEqual([...BEFORE, ...bytes]);
  },
);

test("there is room for twice as much after it was filled, up to the most", async () => {
  const source = new Source(noise(100), [2, 1, 4, 8, 3]);
  await passed(source, 0);
  expect(source.rooms.slice(0, 9)).toEqual([2, 8, 8, 8, 16, 16, 16, 16, 16]);
});
