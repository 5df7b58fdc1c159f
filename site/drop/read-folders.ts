import type { Source } from "../../client/index.ts";
import { sourceOf } from "./sources.ts";

/** Some of the files found in folders. */
export interface FolderSlice {
  sources: Source[];
  /** Files and folders that the disk would not give. */
  unreadable: number;
}

/** How many files are asked for at a time: the answers to more of them hold up the page. */
const FILES = 10;

/**
 * Reads folders, and the folders in them, in slices of a few files. Between slices the page can
 * draw, and what was found can be on its way.
 */
export async function* readFolders(
  folders: readonly FileSystemDirectoryEntry[],
): AsyncGenerator<FolderSlice, void, void> {
  for (const folder of folders) {
    for await (const entries of listed(folder)) {
      if (entries === null) yield { sources: [], unreadable: 1 };
      else yield* filesOf(entries.filter(isFile));
      yield* readFolders(entries?.filter(isFolder) ?? []);
    }
  }
}

/**
 * The entries of one folder, as many at a time as the browser gives (a hundred, in Chromium); null,
 * and no more, where it cannot be read.
 */
async function* listed(
  folder: FileSystemDirectoryEntry,
): AsyncGenerator<FileSystemEntry[] | null, void, void> {
  const reader = folder.createReader();
  let entries = await nextEntries(reader);
  while (entries !== null && entries.length > 0) {
    yield entries;
    entries = await nextEntries(reader);
  }
  if (entries === null) yield null;
}

function nextEntries(reader: FileSystemDirectoryReader): Promise<FileSystemEntry[] | null> {
  return new Promise((resolve) => {
    reader.readEntries(resolve, () => resolve(null));
  });
}

async function* filesOf(
  entries: readonly FileSystemFileEntry[],
): AsyncGenerator<FolderSlice, void, void> {
  for (let first = 0; first < entries.length; first += FILES) {
    const read = await Promise.all(entries.slice(first, first + FILES).map(fileOf));
    const sources = read.filter((source) => source !== null);
    yield { sources, unreadable: read.length - sources.length };
  }
}

function fileOf(entry: FileSystemFileEntry): Promise<Source | null> {
  // `fullPath` begins with the slash of a root that only this drop has.
  const path = entry.fullPath.replace(/^\//u, "");
  return new Promise((resolve) => {
    entry.file(
      (file) => resolve(sourceOf(file, path)),
      () => resolve(null),
    );
  });
}

export function isFolder(entry: FileSystemEntry): entry is FileSystemDirectoryEntry {
  return entry.isDirectory;
}

function isFile(entry: FileSystemEntry): entry is FileSystemFileEntry {
  return entry.isFile;
}
