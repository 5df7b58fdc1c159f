import { describe, expect, it } from "vitest";
import { readHandles } from "./read-handles.ts";

/** The parts of the browser's handles that readHandles uses. */
class Handle implements FileSystemHandle {
  readonly kind: FileSystemHandleKind;
  readonly name: string;

  constructor(kind: FileSystemHandleKind, name: string) {
    this.kind = kind;
    this.name = name;
  }

  isSameEntry(): Promise<boolean> {
    return Promise.resolve(false);
  }
}

class FileHandle extends Handle {
  constructor(name: string) {
    super("file", name);
  }

  getFile(): Promise<File> {
    return Promise.resolve(new File([this.name], this.name, { lastModified: 7 }));
  }
}

class GoneFile extends FileHandle {
  override getFile(): Promise<File> {
    return Promise.reject(new DOMException("gone", "NotFoundError"));
  }
}

class FolderHandle extends Handle {
  readonly #inside: readonly Handle[];

  constructor(name: string, ...inside: Handle[]) {
    super("directory", name);
    this.#inside = inside;
  }

  async *values(): AsyncGenerator<Handle, void, void> {
    for (const handle of this.#inside) yield await Promise.resolve(handle);
  }
}

class LockedFolder extends FolderHandle {
  override async *values(): AsyncGenerator<Handle, void, void> {
    yield* [];
    await Promise.reject(new DOMException("locked", "NotAllowedError"));
  }
}

async function read(...handles: Handle[]) {
  const slices: { path: string | undefined; name: string; lastModified: number | undefined }[][] =
    [];
  for await (const slice of readHandles(handles)) {
    slices.push(slice.map(({ path, name, lastModified }) => ({ path, name, lastModified })));
  }
  return slices;
}

describe("readHandles", () => {
  it("returns files with their paths at the time of the drop", async () => {
    const inner = new FolderHandle("b", new FileHandle("deep.txt"));
    const found = await read(new FileHandle("loose.txt"), new FolderHandle("a", inner));
    expect(found.flat()).toEqual([
      { path: "a/b/deep.txt", name: "deep.txt", lastModified: 7 },
      { path: undefined, name: "loose.txt", lastModified: 7 },
    ]);
  });

  it("reads a few files at a time", async () => {
    const many = Array.from({ length: 25 }, (_, place) => new FileHandle(`${place}`));
    const sizes = (await read(new FolderHandle("many", ...many))).map(({ length }) => length);
    expect(Math.max(...sizes)).toBe(10);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(25);
  });

  it("skips files and folders that are gone or locked", async () => {
    const found = await read(
      new FolderHandle("a", new GoneFile("gone"), new LockedFolder("no"), new FileHandle("here")),
      new LockedFolder("b"),
      new FolderHandle("c", new FileHandle("too")),
    );
    expect(found.flat().map(({ path }) => path)).toEqual(["a/here", "c/too"]);
  });
});
