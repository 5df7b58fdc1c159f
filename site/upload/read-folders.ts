import type { Source } from "../../client/index.ts";
import { sourceOf } from "./sources.ts";
import { isFolder } from "./read-transfer.ts";

/** Some of the files of a drop. */
export interface FileSlice {
  sources: Source[];
  /** How many of the files that were found these were. */
  read: number;
  /** Files and folders that the disk would not give. */
  unreadable: number;
}

/** A file that was found in a folder: what it is called is known before the disk gives it. */
export interface FoundFile {
  name: string;
  /** Folder and name, where that is known already. */
  path?: string;
}

export type OnFound = (files: readonly FoundFile[]) => void;

/** How many files are asked for at a time: the answers to more of them hold up the page. */
const FILES_PER_SLICE = 10;

/**
 * Reads folders, and the folders in them, in slices of a few files. Between slices the page can
 * draw, and what was found can be on its way.
 *
 * Names come a hundred at a time, and files one by one: so the search runs ahead of the reading.
 *
 * @param onFound hears of files before they are read, in the order in which they will be
 */
export async function* readFolders(
  folders: readonly FileSystemDirectoryEntry[],
  onFound: OnFound,
): AsyncGenerator<FileSlice, void, void> {
  for await (const files of prefetch(walk(folders, onFound))) {
    if (files === null) yield { sources: [], read: 0, unreadable: 1 };
    else yield* sourcesOf(files);
  }
}

/** The files in folders, and in the folders in them; null for each folder that cannot be read. */
async function* walk(
  folders: readonly FileSystemDirectoryEntry[],
  onFound: OnFound,
): AsyncGenerator<FileSystemFileEntry[] | null, void, void> {
  for (const folder of folders) {
    for await (const entries of entriesOf(folder)) {
      const files = entries?.filter(isFile) ?? null;
      if (files !== null) onFound(files.map((file) => ({ name: file.name, path: pathOf(file) })));
      yield files;
      yield* walk(entries?.filter(isFolder) ?? [], onFound);
    }
  }
}

/** The same items: all are asked for as soon as may be, however slowly they are taken. */
async function* prefetch<Item>(
  items: AsyncGenerator<Item, void, void>,
): AsyncGenerator<Item, void, void> {
  const coming: Promise<IteratorResult<Item, void>>[] = [];
  const ask = async (): Promise<IteratorResult<Item, void>> => {
    const item = await items.next();
    if (item.done !== true) coming.push(ask());
    return item;
  };
  coming.push(ask());
  // It grows while it is gone through.
  for (const next of coming) {
    const item = await next;
    if (item.done !== true) yield item.value;
  }
}

/**
 * The entries of one folder, as many at a time as the browser gives (a hundred, in Chromium); null,
 * and no more, where it cannot be read.
 */
async function* entriesOf(
  folder: FileSystemDirectoryEntry,
): AsyncGenerator<FileSystemEntry[] | null, void, void> {
  const reader = folder.createReader();
  let entries = await readEntries(reader);
  while (entries !== null && entries.length > 0) {
    yield entries;
    entries = await readEntries(reader);
  }
  if (entries === null) yield null;
}

function readEntries(reader: FileSystemDirectoryReader): Promise<FileSystemEntry[] | null> {
  return new Promise((resolve) => {
    reader.readEntries(resolve, () => resolve(null));
  });
}

async function* sourcesOf(
  entries: readonly FileSystemFileEntry[],
): AsyncGenerator<FileSlice, void, void> {
  for (let first = 0; first < entries.length; first += FILES_PER_SLICE) {
    const read = await Promise.all(entries.slice(first, first + FILES_PER_SLICE).map(readEntry));
    const sources = read.filter((source) => source !== null);
    yield { sources, read: read.length, unreadable: read.length - sources.length };
  }
}

function readEntry(entry: FileSystemFileEntry): Promise<Source | null> {
  return new Promise((resolve) => {
    entry.file(
      (file) => resolve(sourceOf(file, pathOf(entry))),
      () => resolve(null),
    );
  });
}

/** Where a file was, within what was dropped. */
function pathOf({ fullPath }: FileSystemEntry): string {
  // It begins with the slash of a root that only this drop has.
  return fullPath.replace(/^\//u, "");
}

function isFile(entry: FileSystemEntry): entry is FileSystemFileEntry {
  return entry.isFile;
}
