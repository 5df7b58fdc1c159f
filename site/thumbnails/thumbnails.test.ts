import { describe, expect, it } from "vitest";
import type { PictureRequest } from "./messages.ts";
import { PictureWorker } from "./picture-worker.ts";
import { isDrawableImage, Thumbnails } from "./thumbnails.ts";

const PICTURE = { blob: new Blob(["x"], { type: "image/png" }) };
const TEXT = { blob: new Blob(["x"], { type: "text/plain" }) };

/** A worker that responds when the test calls it. */
class FakeWorker extends EventTarget implements Worker {
  onmessage: Worker["onmessage"] = null;
  onmessageerror = null;
  onerror = null;
  /** Files whose picture was requested. */
  requested: number[] = [];
  /** Of those, files whose tile was requested. */
  tiles: number[] = [];
  closed = 0;
  isTerminated = false;

  postMessage(request: PictureRequest): void {
    if (request.task !== "draw") return;
    this.requested.push(request.file);
    if (request.isTile) this.tiles.push(request.file);
  }

  /** Responds to the request that waits. */
  async respond(result: "drawn" | "too large" | "undecodable" = "drawn"): Promise<void> {
    const bitmap = { width: 1, height: 1, close: () => void (this.closed += 1) };
    const drawn = result === "drawn" ? bitmap : null;
    const isUndecodable = result === "undecodable";
    const data = { task: "draw", thumbnail: drawn, tile: drawn, isUndecodable };
    this.onmessage?.(new MessageEvent("message", { data }));
    await Promise.resolve();
  }

  terminate(): void {
    this.isTerminated = true;
  }
}

function start(files: number) {
  const worker = new FakeWorker();
  const thumbnails = new Thumbnails(new PictureWorker(() => worker));
  thumbnails.add(
    0,
    Array.from({ length: files }, () => PICTURE),
  );
  return { worker, thumbnails };
}

describe("Thumbnails", () => {
  it("makes thumbnails of visible files, one at a time and once each", async () => {
    const { worker, thumbnails } = start(10);
    expect(worker.requested).toEqual([]);
    thumbnails.setVisible([3, 4]);
    expect(worker.requested).toEqual([3]);
    await worker.respond();
    await worker.respond();
    thumbnails.setVisible([3, 4]);
    expect(worker.requested).toEqual([3, 4]);
    expect(thumbnails.get(3)).not.toBeNull();
    expect(thumbnails.get(5)).toBeNull();
  });

  it("skips files that were scrolled out of view", async () => {
    const { worker, thumbnails } = start(100);
    thumbnails.setVisible([0, 1]);
    thumbnails.setVisible([50, 51]);
    await worker.respond();
    expect(worker.requested).toEqual([0, 50]);
  });

  it("skips files that are not pictures, and tries damaged pictures once", async () => {
    const { worker, thumbnails } = start(1);
    thumbnails.add(1, [TEXT]);
    thumbnails.setVisible([0, 1]);
    await worker.respond("undecodable");
    thumbnails.setVisible([0, 1]);
    expect(worker.requested).toEqual([0]);
  });

  it("makes the thumbnail of a file that is visible before it is declared", () => {
    const worker = new FakeWorker();
    const thumbnails = new Thumbnails(new PictureWorker(() => worker));
    thumbnails.setVisible([0]);
    thumbnails.add(0, [PICTURE]);
    expect(worker.requested).toEqual([0]);
  });

  it.each([
    ["stops trying HEIC pictures in a browser that can't draw them", "undecodable", [4]],
    ["goes on with HEIC pictures after some that are too large", "too large", [3]],
  ] as const)("%s", async (_, result, requested) => {
    const worker = new FakeWorker();
    const thumbnails = new Thumbnails(new PictureWorker(() => worker));
    const heic = { blob: new Blob(["x"]), name: "IMG_1.heic" };
    thumbnails.add(0, [heic, heic, heic, heic, PICTURE]);
    for (const file of [0, 1, 2]) {
      thumbnails.setVisible([file]);
      await worker.respond(result);
    }
    thumbnails.setVisible([3, 4]);
    expect(worker.requested.slice(3)).toEqual(requested);
  });

  it("draws tiles while no visible row waits, with one decoding for both", async () => {
    const { worker, thumbnails } = start(4);
    const taken: number[] = [];
    const due = [0, 1, 2, 3];
    thumbnails.setVisible([2]);
    thumbnails.drawTiles({
      next: () => {
        while (taken.includes(due[0] ?? -1)) due.shift();
        return due.shift() ?? null;
      },
      isDue: (file) => !taken.includes(file),
      take: (file) => taken.push(file),
      onAdded: () => undefined,
    });
    await worker.respond();
    thumbnails.setVisible([2, 3]);
    for (let nth = 0; nth < 4; nth++) await worker.respond();
    expect(worker.requested).toEqual([2, 0, 1, 2, 3]);
    expect(worker.tiles).toEqual([0, 1, 2, 3]);
    expect(taken).toEqual([0, 1, 2, 3]);
  });

  it("asks for no tile while a thumbnail is drawn, which may be of the same file", async () => {
    const { worker, thumbnails } = start(2);
    thumbnails.setVisible([0]);
    const asked: number[] = [];
    const next = (): number | null => (asked.push(worker.requested.length) === 1 ? 0 : null);
    const queue = { isDue: () => true, take: () => undefined, onAdded: () => undefined };
    thumbnails.drawTiles({ ...queue, next });
    expect([worker.requested, asked]).toEqual([[0], []]);
    await worker.respond();
    expect([worker.requested, asked]).toEqual([
      [0, 0],
      [1, 2],
    ]);
  });

  it("closes the oldest invisible thumbnail above the limit", async () => {
    const { worker, thumbnails } = start(300);
    for (let file = 0; file < 300; file++) {
      thumbnails.setVisible([0, file]);
      await worker.respond();
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
    ["image/heic", 1000, true],
    ["image/svg+xml", 1000, false],
    ["text/plain", 1000, false],
    ["image/png", 0, false],
    ["image/png", 100_000_000, false],
  ])("%s of %d bytes: %s", (type, size, expected) => {
    expect(isDrawableImage({ name: "file", type, size })).toBe(expected);
  });

  it.each([
    ["IMG_1.HEIC", true],
    ["notes", false],
  ])("%s without a type: %s", (name, expected) => {
    expect(isDrawableImage({ name, type: "", size: 1000 })).toBe(expected);
  });
});
