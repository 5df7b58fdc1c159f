import { expect, it } from "vitest";
import { divideDrop } from "./divide-drop.ts";
import { Folder, PlainFile, SLICE } from "./testing/entries.ts";

/** The root of a drop, as in Chromium: it lists names without numbers, but opens those with a number. */
class Root extends Folder {
  readonly asked: string[] = [];
  readonly #folders: Record<string, Folder>;

  constructor(entries: FileSystemEntry[], folders: Record<string, Folder>) {
    super("/", entries);
    this.#folders = folders;
  }

  override getDirectory(
    name: string,
    _options?: FileSystemFlags,
    done?: FileSystemEntryCallback,
    fail?: ErrorCallback,
  ): void {
    this.asked.push(name);
    const folder = this.#folders[name];
    if (folder) done?.(folder);
    else fail?.(new DOMException("a file", "TypeMismatchError"));
  }
}

const many = Array.from({ length: SLICE + 1 }, (_, number) => `file-${number}.txt`);
const fileNamed = (name: string) => new File(["x"], name);

it("finds the folders among many files, without a question about each", async () => {
  const folders = { "photo.jpg": new Folder("/photo.jpg", []) };
  const names = [...many, "photo.jpg", "folder"];
  const entries = names.map((name) =>
    name === "photo.jpg" ? folders[name] : new PlainFile(`/${name}`),
  );
  const root = new Root(entries, folders);
  const divided = await divideDrop({ files: names.map(fileNamed), folders: [], root });
  expect(divided.folders).toEqual([folders["photo.jpg"]]);
  expect(divided.files.map(({ name }) => name)).toEqual([...many, "folder"]);
  expect(root.asked).toEqual(["photo.jpg"]);
});

it("finds folders that have the name of another item", async () => {
  const folders = {
    "a.tar.gz": new Folder("/a.tar.gz", []),
    "a (1).tar.gz": new Folder("/a (1).tar.gz", []),
  };
  const listed = [new Folder("/a.tar.gz", []), new Folder("/a.tar.gz", [])];
  const root = new Root([...listed, new PlainFile("/a (2).tar.gz")], folders);
  const files = ["a.tar.gz", "a (1).tar.gz", "a (2).tar.gz"].map(fileNamed);
  const divided = await divideDrop({ files, folders: [], root });
  expect(divided.folders).toEqual(Object.values(folders));
  expect(divided.files).toEqual(files.slice(2));
});

it("asks about each item if the root can't be listed", async () => {
  class LockedRoot extends Root {
    override createReader(): FileSystemDirectoryReader {
      return { readEntries: (_, fail) => fail?.(new DOMException("no", "NotReadableError")) };
    }
  }
  const folder = new Folder("/b", []);
  const files = ["a", "b"].map(fileNamed);
  const divided = await divideDrop({ files, folders: [], root: new LockedRoot([], { b: folder }) });
  expect(divided).toEqual({ files: files.slice(0, 1), folders: [folder] });
});

it("leaves a drop as it is that was divided during its event", async () => {
  const incoming = { files: [fileNamed("a")], folders: [new Folder("/b", [])] };
  expect(await divideDrop(incoming)).toEqual(incoming);
});
