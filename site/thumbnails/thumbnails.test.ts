import { describe, expect, it } from "vitest";
import type { ThumbnailRequest } from "./messages.ts";
import { isDrawableImage, Thumbnails } from "./thumbnails.ts";

const PICTURE = { blob: new Blob(["x"], { type: "image/png" }) };
const TEXT = { blob: new Blob(["x"], { type: "text/plain" }) };

/** What a worker is to the page, answering when the test says so. */
class Painter extends EventTarget implements Worker {
  onmessage: Worker["onmessage"] = null;
  onmessageerror = null;
  onerror = null;
  asked: number[] = [];
  closed = 0;
  isTerminated = false;

  postMessage({ file }: ThumbnailRequest): void {
    this.asked.push(file);
  }

  answer(file: number, isPicture = true): void {
    const bitmap = { width: 1, height: 1, close: () => void (this.closed += 1) };
    this.onmessage?.(
      new MessageEvent("message", { data: { file, bitmap: isPicture ? bitmap : null } }),
    );
  }

  terminate(): void {
    this.isTerminated = true;
  }
}

function rig(files: number) {
  const painter = new Painter();
  const thumbnails = new Thumbnails(() => painter);
  thumbnails.add(
    0,
    Array.from({ length: files }, () => PICTURE),
  );
  return { painter, thumbnails };
}

describe("Thumbnails", () => {
  it("makes those in sight, one at a time, and each once", () => {
    const { painter, thumbnails } = rig(10);
    expect(painter.asked).toEqual([]);
    thumbnails.setVisible([3, 4]);
    expect(painter.asked).toEqual([3]);
    painter.answer(3);
    painter.answer(4);
    thumbnails.setVisible([3, 4]);
    expect(painter.asked).toEqual([3, 4]);
    expect(thumbnails.get(3)).not.toBeNull();
    expect(thumbnails.get(5)).toBeNull();
  });

  it("leaves out what was scrolled past", () => {
    const { painter, thumbnails } = rig(100);
    thumbnails.setVisible([0, 1]);
    thumbnails.setVisible([50, 51]);
    painter.answer(0);
    expect(painter.asked).toEqual([0, 50]);
  });

  it("asks for no files that are no pictures, and for damaged ones once", () => {
    const { painter, thumbnails } = rig(1);
    thumbnails.add(1, [TEXT]);
    thumbnails.setVisible([0, 1]);
    painter.answer(0, false);
    thumbnails.setVisible([0, 1]);
    expect(painter.asked).toEqual([0]);
  });

  it("makes what comes into sight before it is declared", () => {
    const painter = new Painter();
    const thumbnails = new Thumbnails(() => painter);
    thumbnails.setVisible([0]);
    thumbnails.add(0, [PICTURE]);
    expect(painter.asked).toEqual([0]);
  });

  it("keeps so many, and lets go of the oldest that is out of sight", () => {
    const { painter, thumbnails } = rig(300);
    for (let file = 0; file < 300; file++) {
      thumbnails.setVisible([0, file]);
      painter.answer(file);
    }
    expect(thumbnails.get(0)).not.toBeNull();
    expect(thumbnails.get(1)).toBeNull();
    expect(painter.closed).toBe(100);
    thumbnails.dispose();
    expect(painter.closed).toBe(300);
    expect(painter.isTerminated).toBe(true);
  });
});

describe("isDrawableImage", () => {
  it.each([
    ["image/jpeg", 1000, true],
    ["image/svg+xml", 1000, false],
    ["text/plain", 1000, false],
    ["image/png", 0, false],
    ["image/png", 100_000_000, false],
  ])("%s of %d bytes: %s", (type, size, expected) => {
    expect(isDrawableImage({ type, size })).toBe(expected);
  });
});
