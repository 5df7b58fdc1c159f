import { afterEach, describe, expect, it, vi } from "vitest";
import { drawSquare, middleSquare, UndecodableError } from "./picture.ts";

/** The beginning of a PNG of that size. */
function pngHead(width: number, height: number): Uint8Array {
  const head = new Uint8Array(33);
  head.set([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13]);
  head.set(new TextEncoder().encode("IHDR"), 12);
  const view = new DataView(head.buffer);
  view.setUint32(16, width);
  view.setUint32(20, height);
  return head;
}

describe("middleSquare", () => {
  it("returns the largest square in the middle", () => {
    expect(middleSquare(pngHead(400, 100))).toEqual({ left: 150, top: 0, side: 100 });
    expect(middleSquare(pngHead(101, 400))).toEqual({ left: 0, top: 149, side: 101 });
  });

  it("returns null for a picture that would take too much memory", () => {
    expect(middleSquare(pngHead(30_000, 30_000))).toBeNull();
  });

  it("returns null for a file that is not a picture", () => {
    expect(middleSquare(new TextEncoder().encode("GIF, I would say"))).toBeNull();
    expect(middleSquare(new Uint8Array())).toBeNull();
  });
});

describe("drawSquare", () => {
  const draw = (width: number) => drawSquare(new Blob([pngHead(width, width).slice()]), 64);

  afterEach(() => vi.unstubAllGlobals());

  it("tells a picture that the decoder refuses from one that is too large for it", async () => {
    vi.stubGlobal("createImageBitmap", () =>
      Promise.reject(new DOMException("", "InvalidStateError")),
    );
    await expect(draw(100)).rejects.toBeInstanceOf(UndecodableError);
    expect(await draw(30_000)).toBeNull();
  });
});
