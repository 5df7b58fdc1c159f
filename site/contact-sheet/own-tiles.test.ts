import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { FileState } from "../../protocol/index.ts";
import { OwnTiles } from "./own-tiles.ts";

/** A batch of pictures, and what its tiles ask for. */
function start(count: number, { isSending = false, isPicture = (file: number) => file >= 0 } = {}) {
  const sent = new Set<number>();
  const cancelled = new Set<number>();
  const calls = { drawNext: 0, tiles: 0 };
  const tiles = new OwnTiles({
    files: {
      count,
      state: (file): FileState => (cancelled.has(file) ? "cancelled" : "queued"),
      sentBytes: (file) => (sent.has(file) ? 1 : 0),
    },
    pictures: { has: isPicture, drawNext: () => void (calls.drawNext += 1) },
    isSending: () => isSending,
    onTile: () => void (calls.tiles += 1),
  });
  /** Draws all tiles that are due now. Returns their files. */
  const drawAll = (): number[] => {
    const drawn: number[] = [];
    for (let file = tiles.next(); file !== null; file = tiles.next()) {
      drawn.push(file);
      tiles.take(file, null);
    }
    return drawn;
  };
  const send = (file: number): void => {
    sent.add(file);
    tiles.onProgress([file]);
  };
  return { tiles, calls, cancelled, drawAll, send };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("OwnTiles", () => {
  it("draws one after the other while files are sent, and asks for more at a time afterwards", () => {
    const sending = start(3, { isSending: true });
    expect([sending.tiles.next(), sending.tiles.next()]).toEqual([0, null]);
    const idle = start(3);
    expect([idle.tiles.next(), idle.tiles.next()]).toEqual([0, 1]);
  });

  it("draws in the order of the files, once each", () => {
    const { drawAll, calls } = start(3);
    expect(drawAll()).toEqual([0, 1, 2]);
    expect(drawAll()).toEqual([]);
    expect(calls.tiles).toBe(3);
  });

  it("expects no tile of a photo that this browser can't draw, is too large, or isn't here", () => {
    const hasContent = new Set([0, 1]);
    const { tiles, drawAll } = start(4, { isPicture: (file) => hasContent.has(file) });
    const expected = (): number[] => [0, 1, 2, 3, 4].filter((file) => tiles.isExpected(file));
    expect(expected()).toEqual([0, 1, 4]);
    // As after several that could not be drawn: the others of their format are not tried.
    hasContent.delete(1);
    expect(expected()).toEqual([0, 4]);
    drawAll();
    expect(expected()).toEqual([4]);
  });

  it("stays ahead of sending by at least 64 files, and completes the sheet", () => {
    const { drawAll, send, calls } = start(1000);
    expect(drawAll().at(-1)).toBe(255);
    send(100);
    expect([calls.drawNext, drawAll()]).toEqual([0, []]);
    send(200);
    expect(calls.drawNext).toBe(1);
    expect(drawAll().at(-1)).toBe(511);
  });

  it("skips files that are no pictures or were cancelled", () => {
    const { drawAll, cancelled } = start(6, { isPicture: (file) => file % 2 === 0 });
    cancelled.add(2);
    expect(drawAll()).toEqual([0, 4]);
  });

  it("returns to files whose contents come later", () => {
    const here = new Set([3]);
    const { tiles, drawAll } = start(5, { isPicture: (file) => here.has(file) });
    expect(drawAll()).toEqual([3]);
    here.add(1);
    tiles.onAdded(1);
    expect(drawAll()).toEqual([1]);
  });

  it("rests after a tile for as long as it took, while files are sent", () => {
    const { tiles, calls } = start(5, { isSending: true });
    tiles.next();
    vi.advanceTimersByTime(60);
    tiles.take(0, null);
    expect(tiles.next()).toBeNull();
    vi.advanceTimersByTime(59);
    expect(calls.drawNext).toBe(0);
    vi.advanceTimersByTime(1);
    expect([calls.drawNext, tiles.next()]).toEqual([1, 1]);
  });
});
