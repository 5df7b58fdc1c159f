import { describe, expect, test } from "vitest";
import { BodyReader } from "../http/request-body.ts";
import { noise } from "../testing/samples.ts";
import { AdaptiveReader, type ByteSource } from "./reader.ts";

/** Returns at most `pieces[i]` bytes from the i-th read, and records how many each could have had. */
class Source implements ByteSource {
  readonly rooms: number[] = [];
  readonly #bytes: Uint8Array;
  readonly #pieces: readonly number[];
  readonly #ms: number;
  #sent = 0;

  constructor(bytes: Uint8Array, pieces: readonly number[], ms = 0) {
    this.#bytes = bytes;
    this.#pieces = pieces;
    this.#ms = ms;
  }

  async read(into: Uint8Array): Promise<Uint8Array> {
    if (this.#ms > 0) await scheduler.wait(this.#ms);
    const limit = this.#pieces[this.rooms.length] ?? Number.POSITIVE_INFINITY;
    this.rooms.push(into.length);
    const piece = this.#bytes.subarray(this.#sent).subarray(0, Math.min(limit, into.length));
    this.#sent += piece.length;
    if (piece.length === 0) return piece;
    // A stream detaches the caller's buffer and returns its memory in another one.
    const start = into.byteOffset;
    const moved = new Uint8Array(structuredClone(into.buffer, { transfer: [into.buffer] }));
    moved.set(piece, start);
    return moved.subarray(start, start + piece.length);
  }
}

describe("a reader that waits for the first byte", () => {
  const PREFIX = new TextEncoder().encode("<>");
  const options = { memory: { min: 4, max: 16 }, prefix: PREFIX };

  /** Reads the source to its end, and leaves `rest` bytes unread after each read but the last. */
  async function readAll(source: ByteSource, rest: number): Promise<number[]> {
    const reader = new AdaptiveReader(source, options);
    const all: number[] = [];
    for (let count = 1; count > 0; count = await reader.more()) {
      const { unread } = reader;
      const isLast = all.length + unread.length === 102;
      const consumed = isLast ? unread : unread.subarray(0, Math.max(0, unread.length - rest));
      all.push(...consumed);
      reader.skip(consumed.length);
    }
    return all;
  }

  test.each([0, 1, 3])("returns all bytes in order with %i of them left unread", async (rest) => {
    const bytes = noise(100);
    const source = new Source(bytes, [1, 2, 1, 4, 9, 3]);
    expect(await readAll(source, rest)).toEqual([...PREFIX, ...bytes]);
  });

  test("doubles its memory, up to the maximum, when a read fills half of it", async () => {
    const source = new Source(noise(100), [1, 3, 3, 4, 8]);
    await readAll(source, 0);
    expect(source.rooms.slice(0, 7)).toEqual([4, 4, 8, 8, 16, 16, 16]);
  });

  test("halves its memory, down to the minimum, after each slow read", async () => {
    const fast = new Source(noise(100), [4, 8]);
    const slow = new Source(noise(100), [], 120);
    const source: ByteSource = {
      read: (into) => (fast.rooms.length < 2 ? fast : slow).read(into),
    };
    await readAll(source, 0);
    expect(slow.rooms.slice(0, 4)).toEqual([16, 8, 4, 4]);
  });
});

describe("a reader that waits for more than a byte", () => {
  const PIECE = 1024;
  const options = { memory: { min: 64 * PIECE, max: 256 * PIECE }, waitsForMore: true };

  /** A body whose pieces arrive `ms` apart. */
  function createBody(bytes: Uint8Array, ms: number): ReadableStream<Uint8Array> {
    let sent = 0;
    return new ReadableStream({
      type: "bytes",
      async pull(controller) {
        if (ms > 0) await scheduler.wait(ms);
        if (sent === bytes.length) return controller.close();
        controller.enqueue(bytes.slice(sent, (sent += PIECE)));
      },
    });
  }

  /** Returns the lengths of all chunks, which together must be the body. */
  async function chunkLengths(bytes: Uint8Array, ms: number): Promise<number[]> {
    const reader = new AdaptiveReader(new BodyReader(createBody(bytes, ms)), options);
    const lengths: number[] = [];
    let passed = 0;
    while ((await reader.more()) > 0) {
      const chunk = reader.unread;
      expect(chunk).toEqual(bytes.slice(passed, (passed += chunk.length)));
      lengths.push(chunk.length);
      reader.skip(chunk.length);
    }
    expect(passed).toBe(bytes.length);
    return lengths;
  }

  test("returns many bytes at a time while the body is fast", async () => {
    const lengths = await chunkLengths(noise(200 * PIECE), 0);
    expect(lengths[0]).toBe(PIECE);
    expect(Math.max(...lengths)).toBeGreaterThanOrEqual(16 * PIECE);
  });

  test("returns the bytes of a slow body as they arrive", async () => {
    const lengths = await chunkLengths(noise(8 * PIECE), 60);
    expect(lengths).toEqual(Array.from({ length: 8 }, () => PIECE));
  });
});
