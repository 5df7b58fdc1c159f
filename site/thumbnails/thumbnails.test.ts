import { describe, expect, it } from "vitest";
import type { ThumbnailRequest } from "./messages.ts";
import { isDrawableImage, Thumbnails } from "./thumbnails.ts";

const PICTURE = { blob: new Blob(["x"], { type: "image/png" }) };
const TEXT = { blob: new Blob(["x"], { type: "text/plain" }) };

/** A worker that responds when the test calls it. */
class FakeWorker extends EventTarget implements Worker {
  onmessage: Worker["onmessage"] = null;
  onmessageerror = null;
  onerror = null;
  requested: number[] = [];
  closed = 0;
  isTerminated = false;

  postMessage({ file }: ThumbnailRequest): void {
    this.requested.push(file);
  }

  respond(file: number, isPicture = true): void {
    const bitmap = { width: 1, height: 1, close: () => void (this.closed += 1) };
    this.onmessage?.(
      new MessageEvent("message", { data: { file, bitmap: isPicture ? bitmap : null } }),
    );
  }

  terminate(): void {
    this.isTerminated = true;
  }
}

function start(files: number) {
  const worker = new FakeWorker();
  const thumbnails = new Thumbnails(() => worker);
  thumbnails.add(
    0,
    Array.from({ length: files }, () => PICTURE),
  );
  return { worker, thumbnails };
}

describe("Thumbnails", () => {
  it("makes thumbnails of visible files, one at a time and once each", () => {
    const { worker, thumbnails } = start(10);
    expect(worker.requested).toEqual([]);
    thumbnails.setVisible([3, 4]);
    expect(worker.requested).toEqual([3]);
    worker.respond(3);
    worker.respond(4);
    thumbnails.setVisible([3, 4]);
    expect(worker.requested).toEqual([3, 4]);
    expect(thumbnails.get(3)).not.toBeNull();
    expect(thumbnails.get(5)).toBeNull();
  });

  it("skips files that were scrolled out of view", () => {
    const { worker, thumbnails } = start(100);
    thumbnails.setVisible([0, 1]);
    thumbnails.setVisible([50, 51]);
    worker.respond(0);
    expect(worker.requested).toEqual([0, 50]);
  });

  it("skips files that are not pictures, and tries damaged pictures once", () => {
    const { worker, thumbnails } = start(1);
    thumbnails.add(1, [TEXT]);
    thumbnails.setVisible([0, 1]);
    worker.respond(0, false);
    thumbnails.setVisible([0, 1]);
    expect(worker.requested).toEqual([0]);
  });

  it("makes the thumbnail of a file that is visible before it is declared", () => {
    const worker = new FakeWorker();
    const thumbnails = new Thumbnails(() => worker);
    thumbnails.setVisible([0]);
    thumbnails.add(0, [PICTURE]);
    expect(worker.requested).toEqual([0]);
  });

  it("closes the oldest invisible thumbnail above the limit", () => {
    const { worker, thumbnails } = start(300);
    for (let file = 0; file < 300; file++) {
      thumbnails.setVisible([0, file]);
      worker.respond(file);
    }
    expect(thumbnails.get(0)).not.toBeNull();
    expect(thumbnails.get(1)).toBeNull();
    expect(worker.closed).toBe(100);
    thumbnails.dispose();
    expect(worker.closed).toBe(300);
    expect(worker.isTerminated).toBe(true);
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
