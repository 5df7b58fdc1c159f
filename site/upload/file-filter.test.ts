import { describe, expect, it } from "vitest";
import type { Source } from "../../client/index.ts";
import { FileFilter } from "./file-filter.ts";

const limits = { files: 4, fileBytes: 10 };

function source(path: string, size = 1, lastModified = 1000): Source {
  return { name: path, path, lastModified, blob: new Blob(["x".repeat(size)]) };
}

function batchOf(files: number, ...failed: number[]) {
  return { limits, files, canAddAgain: (id: number) => failed.includes(id) };
}

describe("FileFilter", () => {
  it("accepts files up to the limits of count and size", () => {
    const filter = new FileFilter();
    const sources = ["a", "b", "c", "d", "e"].map((path) => source(path, 10));
    expect(filter.filter(sources, batchOf(0))).toEqual(sources.slice(0, 4));
    expect(filter.skipped.value).toMatchObject({ overLimit: 1, tooLarge: [], limits });
  });

  it("skips a file that is too large, which does not count toward the limit", () => {
    const filter = new FileFilter();
    expect(filter.filter([source("large", 11), source("small")], batchOf(3))).toHaveLength(1);
    expect(filter.skipped.value).toMatchObject({ overLimit: 0, tooLarge: ["large"] });
  });

  it("adds up the skipped files of a drop until they are cleared", () => {
    const filter = new FileFilter();
    filter.addUnreadable(["x"]);
    filter.addUnreadable(["in/y"]);
    for (const name of ["b", "c"]) filter.filter([source(name, 11)], batchOf(0));
    expect(filter.skipped.value).toMatchObject({ tooLarge: ["b", "c"], unreadable: ["x", "in/y"] });
    filter.clearSkipped();
    expect(filter.skipped.value).toMatchObject({ tooLarge: [], unreadable: [] });
  });

  it("detects duplicates by folder, name, size and time, within a drop and across drops", () => {
    const filter = new FileFilter();
    const [first, again] = [source("in/a"), source("in/a")];
    expect(filter.filter([first, again], batchOf(0))).toEqual([first]);
    expect(filter.filter([again], batchOf(1))).toEqual([]);
    expect(filter.takeDuplicates()).toEqual([again, again]);
    expect(filter.duplicates.value).toEqual([]);
  });

  it("accepts files that differ in one of these", () => {
    const alike = [source("in/a"), source("out/a"), source("in/a", 2), source("in/a", 1, 2000)];
    expect(new FileFilter().filter(alike, batchOf(0))).toEqual(alike);
  });

  it("accepts a file again that failed or was cancelled", () => {
    const filter = new FileFilter();
    filter.filter([source("a")], batchOf(0));
    expect(filter.filter([source("a")], batchOf(1, 0))).toHaveLength(1);
  });

  it("accepts duplicates on request, and forgets the files of another batch", () => {
    const filter = new FileFilter();
    filter.filter([source("a")], batchOf(0));
    expect(filter.filter([source("a")], batchOf(1), true)).toHaveLength(1);
    filter.reset();
    expect(filter.filter([source("a")], batchOf(0))).toHaveLength(1);
  });
});
