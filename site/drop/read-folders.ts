import type { Source } from "../../client/index.ts";
import { sourceOf } from "./sources.ts";

/** Some of the files found in folders. */
export interface FolderSlice {
  sources: Source[];
  /** Files and folders that the disk would not give. */
  unreadable: number;
}

/**
 * Reads folders, and the folders in them, in slices of at most a hundred entries, which is what a
 * browser gives at a time. Between slices the page can draw.
 */
export async function* readFolders(
  folders: readonly FileSystemDirectoryEntry[],
): AsyncGenerator<FolderSlice, void, void> {
  for (const folder of folders) {
    for await (const entries of slices(folder)) {
      yield entries === null ? { sources: [], unreadable: 1 } : await filesOf(entries);
      yield* readFolders(entries?.filter(isFolder) ?? []);
    }
  }
}

/** The entries of one folder, slice by slice; null, and no more, where it cannot be read. */
async function* slices(
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

async function filesOf(entries: readonly FileSystemEntry[]): Promise<FolderSlice> {
  const read = await Promise.all(entries.filter(isFile).map(fileOf));
  const sources = read.filter((source) => source !== null);
  return { sources, unreadable: read.length - sources.length };
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
