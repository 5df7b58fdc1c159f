import { describe, expect, it } from "vitest";
import type { FoundFile } from "../batch/pending-files.ts";
import { MOST_ORDERED } from "./natural-order.ts";
import { type FileSlice, readFolders } from "./read-folders.ts";
import { Folder, PlainFile, SLICE } from "./testing/entries.ts";

class LockedFolder extends Folder {
  override createReader(): FileSystemDirectoryReader {
    return { readEntries: (_, fail) => fail?.(new DOMException("locked", "NotReadableError")) };
  }
}

/** A folder whose entries can't even be requested. */
class BrokenFolder extends Folder {
  override createReader(): FileSystemDirectoryReader {
    throw new DOMException("gone", "InvalidStateError");
  }
}

/** A folder that is removed after its first entries were read. */
class VanishingFolder extends Folder {
  override createReader(): FileSystemDirectoryReader {
    const reader = super.createReader();
    let isFirst = true;
    return {
      readEntries: (done) => {
        if (!isFirst) throw new DOMException("gone", "NotFoundError");
        isFirst = false;
        reader.readEntries(done);
      },
    };
  }
}

class LockedFile extends PlainFile {
  override file(_: FileCallback, fail?: ErrorCallback): void {
    fail?.(new DOMException("locked", "NotReadableError"));
  }
}

/** A file whose name can be read, but nothing else. */
class BrokenFile extends PlainFile {
  override file(): void {
    throw new DOMException("gone", "NotFoundError");
  }
}

async function read(...folders: FileSystemDirectoryEntry[]): Promise<FileSlice[]> {
  const slices: FileSlice[] = [];
  for await (const slice of readFolders(folders, () => undefined)) slices.push(slice);
  return slices;
}

const files = (count: number) =>
  Array.from({ length: count }, (_, index) => new PlainFile(`/many/${index}.txt`));

describe("readFolders", () => {
  it("reads a folder until it has returned all entries", async () => {
    const slices = await read(new Folder("/many", files(250)));
    const names = slices.flatMap(({ sources }) => sources.map(({ name }) => name));
    expect(names).toEqual(Array.from({ length: 250 }, (_, index) => `${index}.txt`));
    expect(Math.max(...slices.map(({ sources }) => sources.length))).toBeLessThan(SLICE);
  });

  it("reads a folder in natural order, so that ids and tiles follow it", async () => {
    const file = (name: string) => new PlainFile(`/a/${name}`);
    const folder = (name: string) => new Folder(`/a/${name}`, [file(`${name}/x.jpg`)]);
    const entries = [file("10.jpg"), folder("b"), file("2.jpg"), folder("a"), file("1.jpg")];
    const slices = await read(new Folder("/a", entries));
    const paths = slices.flatMap(({ sources }) => sources.map(({ path }) => path));
    expect(paths).toEqual(["a/1.jpg", "a/2.jpg", "a/10.jpg", "a/a/x.jpg", "a/b/x.jpg"]);
  });

  it("reads a large folder in the order of the disk, so that its first file doesn't wait", async () => {
    const listed = files(MOST_ORDERED + 1).toReversed();
    const reading = readFolders([new Folder("/many", listed)], () => undefined);
    const { value } = await reading.next();
    await reading.return();
    expect(value?.sources.map(({ name }) => name)).toEqual(
      listed.slice(0, 10).map(({ name }) => name),
    );
  });

  it("reads nested folders, with paths", async () => {
    const deep = new Folder("/a/b", [new PlainFile("/a/b/deep.txt")]);
    const slices = await read(new Folder("/a", [new PlainFile("/a/top.txt"), deep]));
    const paths = slices.flatMap(({ sources }) => sources.map(({ path }) => path));
    expect(paths).toEqual(["a/top.txt", "a/b/deep.txt"]);
  });

  it("keeps a file's name, type and modification time", async () => {
    const [slice] = await read(new Folder("/many", files(1)));
    const [source] = slice?.sources ?? [];
    expect(source).toMatchObject({ name: "0.txt", type: "text/plain", lastModified: 1 });
    expect(await source?.blob.text()).toBe("0.txt");
  });

  it("names unreadable files and folders, and continues", async () => {
    const slices = await read(
      new Folder("/a", [
        new LockedFile("/a/no.txt"),
        new BrokenFile("/a/broken.txt"),
        new LockedFolder("/a/locked", []),
        new BrokenFolder("/a/broken", []),
        new VanishingFolder("/a/vanishing", [new PlainFile("/a/vanishing/fine.txt")]),
        new PlainFile("/a/fine.txt"),
      ]),
      new Folder("/b", [new PlainFile("/b/fine.txt")]),
    );
    const paths = slices.flatMap(({ sources }) => sources.map(({ path }) => path));
    expect(paths).toEqual(["a/fine.txt", "a/vanishing/fine.txt", "b/fine.txt"]);
    expect(slices.flatMap(({ skipped }) => skipped.unreadable ?? [])).toEqual([
      "a/broken.txt",
      "a/no.txt",
      "a/broken/",
      "a/locked/",
      "a/vanishing/",
    ]);
    expect(slices.reduce((sum, slice) => sum + slice.read, 0)).toBe(5);
  });

  it("reports files before reading them, in the same order", async () => {
    const deep = new Folder("/many/deep", [new PlainFile("/many/deep/last.txt")]);
    const found: string[] = [];
    const seen: string[] = [];
    const folders = [new Folder("/many", [...files(250), deep])];
    const onFound = (more: readonly FoundFile[]) =>
      void found.push(...more.map(({ path = "" }) => path));
    for await (const { sources } of readFolders(folders, onFound)) {
      seen.push(...sources.map(({ path = "" }) => path));
      expect(found.slice(0, seen.length)).toEqual(seen);
    }
    expect(found).toEqual(seen);
    expect(found).toHaveLength(251);
  });

  it("names empty folders, but not those that contain one", async () => {
    const empty = new Folder("/a/b/empty", []);
    const full = new Folder("/a/full", [new PlainFile("/a/full/x.txt")]);
    const slices = await read(new Folder("/a", [new Folder("/a/b", [empty]), full]));
    expect(slices.flatMap(({ skipped }) => skipped.emptyFolders ?? [])).toEqual(["a/b/empty"]);
    expect(slices.flatMap(({ sources }) => sources.map(({ path }) => path))).toEqual([
      "a/full/x.txt",
    ]);
  });

  it("does not follow names that can't be decoded, whose path is that of their folder", async () => {
    const entries: FileSystemEntry[] = [new PlainFile("/a/x.txt"), new PlainFile("/a/")];
    const folder = new Folder("/a", entries);
    entries.push(new Folder("/a/", entries));
    const slices = await read(folder);
    expect(slices.flatMap(({ skipped }) => skipped.undecodable ?? [])).toEqual(["a", "a"]);
    expect(slices.flatMap(({ sources }) => sources.map(({ path }) => path))).toEqual(["a/x.txt"]);
  });
});
