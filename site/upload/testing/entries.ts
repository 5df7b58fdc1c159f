/** Entries that a browser returns in one call. */
export const SLICE = 100;

class Entry {
  readonly name: string;
  readonly fullPath: string;

  constructor(fullPath: string) {
    this.fullPath = fullPath;
    this.name = fullPath.slice(fullPath.lastIndexOf("/") + 1);
  }

  get filesystem(): FileSystem {
    return { name: "drop", root: new Folder("/", []) };
  }

  getParent(): void {}
}

/** A folder of a drop. */
export class Folder extends Entry implements FileSystemDirectoryEntry {
  readonly isFile = false;
  readonly isDirectory = true;
  readonly #entries: FileSystemEntry[];

  constructor(fullPath: string, entries: FileSystemEntry[]) {
    super(fullPath);
    this.#entries = entries;
  }

  createReader(): FileSystemDirectoryReader {
    let next = 0;
    return {
      readEntries: (done) => {
        done(this.#entries.slice(next, next + SLICE));
        next += SLICE;
      },
    };
  }

  getDirectory(
    _name: string,
    _options?: FileSystemFlags,
    _done?: FileSystemEntryCallback,
    _fail?: ErrorCallback,
  ): void {}

  getFile(): void {}
}

/** A file of a drop. It is read asynchronously. */
export class PlainFile extends Entry implements FileSystemFileEntry {
  readonly isFile = true;
  readonly isDirectory = false;

  file(done: FileCallback): void {
    const file = new File([this.name], this.name, { type: "text/plain", lastModified: 1 });
    setTimeout(() => done(file));
  }
}
