import { expect, it } from "vitest";
import type { FoundFile } from "../batch/pending-files.ts";
import type { FileSlice } from "./read-folders.ts";
import { readFiles } from "./read-files.ts";

/** A file whose modification time takes 3 ms to read. */
class SlowFile extends File {
  override get lastModified(): number {
    const until = performance.now() + 3;
    while (performance.now() < until);
    return 7;
  }
}

it("reports all files at once, and reads them in slices", async () => {
  const files = Array.from({ length: 20 }, (_, n) => new SlowFile(["x"], `${n}.txt`));
  const found: FoundFile[] = [];
  const slices: number[] = [];
  const names: string[] = [];
  for await (const { sources, read } of readFiles(files, (more) => found.push(...more))) {
    expect(found).toHaveLength(files.length);
    expect(read).toBe(sources.length);
    slices.push(read);
    names.push(...sources.map(({ name }) => name));
  }
  expect(names).toEqual(files.map(({ name }) => name));
  expect(found.map(({ name }) => name)).toEqual(names);
  expect(slices.length).toBeGreaterThan(3);
});

it("names a file that can't be read, and reads the others", async () => {
  class LockedFile extends File {
    override get lastModified(): number {
      throw new DOMException("locked", "NotReadableError");
    }
  }
  const files = [
    new File(["a"], "a.txt"),
    new LockedFile(["b"], "b.txt"),
    new File(["c"], "c.txt"),
  ];
  const slices: FileSlice[] = [];
  for await (const slice of readFiles(files, () => undefined)) slices.push(slice);
  const names = slices.flatMap(({ sources }) => sources.map(({ name }) => name));
  expect(names).toEqual(["a.txt", "c.txt"]);
  expect(slices.flatMap(({ skipped }) => skipped.unreadable ?? [])).toEqual(["b.txt"]);
  expect(slices.reduce((sum, { read }) => sum + read, 0)).toBe(3);
});

it("passes through sources that are not files", async () => {
  const source = { name: "a.txt", path: "b/a.txt", blob: new Blob(["a"]) };
  const found: FoundFile[] = [];
  for await (const { sources } of readFiles([source], (more) => found.push(...more))) {
    expect(sources).toEqual([source]);
  }
  expect(found).toEqual([source]);
});
