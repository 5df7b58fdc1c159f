import { openAsBlob } from "node:fs";
import { appendFile, mkdtemp, rm, truncate, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { damagedFiles, unreadableFiles } from "./readable.ts";

let folder: string;

beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), "tallyman-"))));
afterEach(() => rm(folder, { recursive: true }));

const CHANGES: Record<string, (path: string, size: number) => Promise<void>> = {
  grew: (path) => appendFile(path, "more"),
  shrank: (path, size) => truncate(path, Math.ceil(size / 2) - 1),
  vanished: (path) => rm(path),
  "was replaced by one of its size": (path, size) => writeFile(path, new Uint8Array(size)),
  "was saved again": (path) => utimes(path, 1, 1),
};

describe.each([0, 1, 2000, 300_000])("a file of %i bytes", (size) => {
  test.each(Object.entries(CHANGES).filter(([name]) => size > 1 || name !== "shrank"))(
    "that %s after it was chosen is unreadable, and its neighbours aren't",
    async (_, change) => {
      const paths = ["a", "b", "c"].map((name) => join(folder, name));
      await Promise.all(paths.map((path) => writeFile(path, new Uint8Array(size))));
      const blobs = await Promise.all(paths.map((path) => openAsBlob(path)));
      await change(join(folder, "b"), size);
      const contentOf = (id: number) => blobs[id] ?? new Blob();
      expect(await unreadableFiles([0, 1, 2], contentOf)).toEqual([1]);
      expect(await damagedFiles([0, 1, 2], contentOf)).toEqual([1]);
    },
  );
});

test("a file that never responds is unreadable, and slow neighbours aren't", async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const reads = [8000, Infinity, 16_000].map((ms) => {
    const blob = new Blob(["a"]);
    const read = () =>
      new Promise<ArrayBuffer>((resolve) => {
        if (ms < Infinity) setTimeout(() => resolve(new ArrayBuffer(1)), ms);
      });
    return Object.assign(blob, { arrayBuffer: read });
  });
  const found = unreadableFiles([0, 1, 2], (id) => reads[id] ?? new Blob());
  await vi.advanceTimersByTimeAsync(30_000);
  expect(await found).toEqual([1]);
  expect(vi.getTimerCount()).toBe(0);
});

test("a file whose middle can't be read is damaged", async () => {
  class Damaged extends Blob {
    override stream(): ReadableStream<Uint8Array<ArrayBuffer>> {
      const fail = () => {
        throw new DOMException("The disk is broken.", "NotReadableError");
      };
      return new ReadableStream({ pull: fail });
    }
  }
  const blobs = [new Blob(["a"]), new Damaged([new Uint8Array(300_000)])];
  const contentOf = (id: number) => blobs[id] ?? new Blob();
  expect(await unreadableFiles([0, 1], contentOf)).toEqual([]);
  expect(await damagedFiles([0, 1], contentOf)).toEqual([1]);
});
