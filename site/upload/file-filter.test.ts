import { describe, expect, it } from "vitest";
import type { Source } from "../../client/index.ts";
import { Ledger } from "../../client/ledger.ts";
import { declarationOf, ledgerFile } from "../../client/source.ts";
import { FileFilter } from "./file-filter.ts";
import { countSkipped, type FileLimits } from "./skipped-files.ts";

const limits: FileLimits = { files: 4, fileBytes: 10 };

function source(path: string, size = 1, lastModified = 1000): Source {
  return { name: path, path, lastModified, blob: new Blob(["x".repeat(size)]) };
}

/** A batch that has declared these files. */
function batchOf(...declared: Source[]) {
  const ledger = new Ledger();
  ledger.add(declared.map((file) => ledgerFile(declarationOf(file))));
  return { limits, files: declared.length, bytes: ledger.bytes.all, ledger };
}

const nothing = { accepted: [], again: [] };

describe("FileFilter", () => {
  it("accepts files up to the limits of count and size", () => {
    const filter = new FileFilter();
    const sources = ["a", "b", "c", "d", "e"].map((path) => source(path, 10));
    expect(filter.filter(sources, batchOf()).accepted).toEqual(sources.slice(0, 4));
    expect(filter.skipped.value).toMatchObject({ overLimit: ["e"], tooLarge: [], limits });
  });

  it("skips a file that is too large, which does not count toward the limit", () => {
    const filter = new FileFilter();
    const batch = batchOf(source("x"), source("y"), source("z"));
    const { accepted } = filter.filter([source("large", 11), source("small")], batch);
    expect(accepted).toHaveLength(1);
    expect(filter.skipped.value).toMatchObject({ overLimit: [], tooLarge: ["large"] });
  });

  it("skips files that take the batch over its bytes, and accepts smaller ones after them", () => {
    const filter = new FileFilter();
    const batch = { ...batchOf(source("x", 5)), limits: { ...limits, bytes: 10 } };
    const sources = [source("a", 3), source("in/b", 3), source("c", 2), source("d")];
    const { accepted } = filter.filter(sources, batch);
    expect(accepted.map(({ name }) => name)).toEqual(["a", "c"]);
    expect(filter.skipped.value).toMatchObject({ overBytes: ["in/b", "d"], overLimit: [] });
    expect(filter.skipped.value.limits.bytes).toBe(10);
  });

  it("skips files of other types, unless they have none", () => {
    const filter = new FileFilter();
    const batch = { ...batchOf(), limits: { ...limits, types: ["image/*"] } };
    const typed = (name: string, type: string) => ({ ...source(name), type });
    const sources = [typed("a", "image/png"), typed("b", "text/plain"), typed("c", "")];
    const { accepted } = filter.filter(sources, batch);
    expect(accepted.map(({ name }) => name)).toEqual(["a", "c"]);
    expect(filter.skipped.value.wrongType).toEqual(["b"]);
  });

  it("skips files with other extensions, also in place of an earlier file", () => {
    const filter = new FileFilter();
    const batch = { ...batchOf(source("in/b.exe")), limits: { ...limits, extensions: ["jpg"] } };
    const sources = [source("in/A.JPG"), source("in/b.exe", 2)];
    const { accepted, again } = filter.filter(sources, batch);
    expect([accepted.length, again]).toEqual([1, []]);
    expect(filter.skipped.value.wrongType).toEqual(["in/b.exe"]);
  });

  it("adds up the skipped files of a drop until they are cleared", () => {
    const filter = new FileFilter();
    filter.skip({ unreadable: ["x"] });
    filter.skip({ unreadable: ["in/y"], emptyFolders: ["in/z"] });
    for (const name of ["b", "c"]) filter.filter([source(name, 11)], batchOf());
    expect(filter.skipped.value).toMatchObject({
      tooLarge: ["b", "c"],
      unreadable: ["x", "in/y"],
      emptyFolders: ["in/z"],
    });
    filter.clearSkipped();
    expect(countSkipped(filter.skipped.value)).toBe(0);
  });

  it("asks about stored files by folder, name, size and time, unless they are wanted", () => {
    const filter = new FileFilter();
    const stored = source("in/a");
    const batch = batchOf(stored);
    batch.ledger.apply([0, "completed", 100, 1, null], 1);
    expect(filter.filter([source("in/a")], batch)).toMatchObject(nothing);
    expect(filter.takeDuplicates()).toEqual([stored]);
    expect(filter.duplicates.value).toEqual([]);
    const changed = source("in/a", 2);
    expect(filter.filter([changed], batch)).toMatchObject({ accepted: [], again: [changed] });
    const wanted = { accepted: [stored], again: [] };
    expect(filter.filter([stored], batch, "add")).toMatchObject(wanted);
    expect(filter.duplicates.value).toEqual([]);
  });

  it("accepts files in other folders", () => {
    const alike = [source("in/a"), source("out/a"), source("a")];
    expect(new FileFilter().filter(alike, batchOf()).accepted).toEqual(alike);
  });

  it("adds a file of a folder once that is dropped again before it is declared", () => {
    const filter = new FileFilter();
    const twice = [source("in/a"), source("in/a")];
    expect(filter.filter(twice, batchOf()).accepted).toHaveLength(1);
    expect(filter.filter([source("in/a")], batchOf())).toMatchObject(nothing);
    expect(filter.duplicates.value).toEqual([]);
    const changed = source("in/a", 1, 2000);
    expect(filter.filter([changed], batchOf())).toMatchObject({ accepted: [], again: [changed] });
  });

  it("asks about files without a folder that look the same: they may be two", () => {
    const filter = new FileFilter();
    const [first, second] = [source("a"), source("a")];
    expect(filter.filter([first, second], batchOf()).accepted).toEqual([first]);
    expect(filter.duplicates.value).toEqual([second]);
    const wanted = filter.takeDuplicates();
    expect(filter.filter(wanted, batchOf(), "add").accepted).toEqual([second]);
    expect(filter.filter(wanted, batchOf(first), "add").accepted).toEqual([second]);
    expect(filter.duplicates.value).toEqual([]);
  });

  it("accepts files again whose declaration was refused, up to the limits", () => {
    const filter = new FileFilter();
    const refused = ["a", "in/b"].map((path) => source(path));
    filter.filter(refused, batchOf());
    const declaredElsewhere = batchOf(source("x"));
    expect(filter.filter(refused, declaredElsewhere, "replace").accepted).toEqual(refused);
    const full = batchOf(source("x"), source("y"), source("z"));
    expect(filter.filter(refused, full, "replace").accepted).toEqual(refused.slice(0, 1));
    expect(filter.skipped.value.overLimit).toEqual(["in/b"]);
  });

  it("leaves it to the batch what a file replaces that waits, failed or was cancelled", () => {
    const batch = batchOf(source("a"), source("b"), source("c"));
    batch.ledger.setLocalFailure(1, "file_unreadable");
    batch.ledger.apply([2, "cancelled", 0, 0, null], 1);
    const again = ["a", "b", "c"].map((path) => source(path));
    expect(new FileFilter().filter(again, batch)).toMatchObject({ accepted: [], again });
  });

  it("forgets the files of another batch", () => {
    const filter = new FileFilter();
    filter.filter([source("a")], batchOf());
    filter.reset();
    expect(filter.filter([source("a")], batchOf()).accepted).toHaveLength(1);
  });
});
