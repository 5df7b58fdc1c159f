import type { Source } from "../../client/index.ts";
import type { FoundFile } from "../batch/pending-files.ts";
import { inNaturalOrder, MOST_ORDERED } from "./natural-order.ts";
import { isFolder } from "./read-drop.ts";
import type { MoreSkipped } from "./skipped-files.ts";
import { sourceOf } from "./sources.ts";

/** Some of the files of a drop. */
export interface FileSlice {
  sources: Source[];
  /** Number of found files that this slice has read. */
  read: number;
  /** What was found but can't be uploaded. */
  skipped: MoreSkipped;
}

export type OnFound = (files: readonly FoundFile[]) => void;

/** Files read at a time. Reading more would block the page when all results arrive together. */
const FILES_PER_SLICE = 10;

/**
 * Reads folders recursively, in slices of a few files. Between slices the page can draw, and files
 * that were read can be sent.
 *
 * Browsers list names a hundred at a time but read files one by one, so the walk runs ahead of the
 * reading.
 *
 * @param onFound called with files before they are read, in the same order
 * @param onAllFound called once all folders are listed
 */
export async function* readFolders(
  folders: readonly FileSystemDirectoryEntry[],
  onFound: OnFound,
  onAllFound: () => void = () => undefined,
): AsyncGenerator<FileSlice, void, void> {
  for await (const files of prefetch(walkAll(folders, onFound, onAllFound))) {
    if (Array.isArray(files)) yield* sourcesOf(files);
    else yield { sources: [], read: 0, skipped: files };
  }
}

/** Longest time, in ms, for which a folder is listed before its first file is read. */
const MOST_LISTING_MS = 100;

type Found = FileSystemFileEntry[] | MoreSkipped;

/** Entries of a folder, as many at a time as are there; null if the folder can't be read (any further). */
type Listing = AsyncGenerator<FileSystemEntry[] | null, void, void>;

async function* walkAll(
  folders: readonly FileSystemDirectoryEntry[],
  onFound: OnFound,
  onAllFound: () => void,
): AsyncGenerator<Found, void, void> {
  yield* walk(folders, onFound);
  onAllFound();
}

/** Yields the files in folders, recursively, and what can't be uploaded. */
async function* walk(
  folders: readonly FileSystemDirectoryEntry[],
  onFound: OnFound,
): AsyncGenerator<Found, void, void> {
  for (const folder of folders) {
    let isEmpty = true;
    for await (const entries of inOrder(entriesOf(folder))) {
      isEmpty = false;
      if (entries === null) yield { unreadable: [`${pathOf(folder)}/`] };
      else yield* walkEntries(entries, pathOf(folder), onFound);
    }
    if (isEmpty) yield { emptyFolders: [pathOf(folder)] };
  }
}

/**
 * Yields the same entries, those of a folder together and in natural order. A folder that is large, or
 * listed slowly, keeps the order of the disk, so that its first file doesn't wait.
 */
async function* inOrder(listing: Listing): Listing {
  let gathered: FileSystemEntry[] = [];
  const until = performance.now() + MOST_LISTING_MS;
  let isGathering = true;
  for await (const entries of listing) {
    gathered.push(...(entries ?? []));
    isGathering &&= gathered.length <= MOST_ORDERED && performance.now() < until;
    if (!isGathering || entries === null) {
      if (gathered.length > 0) yield gathered;
      gathered = [];
    }
    if (entries === null) yield null;
  }
  if (gathered.length > 0) yield [...inNaturalOrder(gathered, ({ name }) => name)];
}

async function* walkEntries(
  entries: readonly FileSystemEntry[],
  folder: string,
  onFound: OnFound,
): AsyncGenerator<Found, void, void> {
  // In Chromium, a name that isn't UTF-8 is empty, and its path that of the folder: an endless walk.
  const named = entries.filter(({ name }) => name !== "");
  const undecodable = entries.slice(named.length).map(() => folder);
  if (undecodable.length > 0) yield { undecodable };
  const files = named.filter(isFile);
  onFound(files.map((file) => ({ name: file.name, path: pathOf(file) })));
  yield files;
  yield* walk(named.filter(isFolder), onFound);
}

/**
 * Yields the same items, requesting each as soon as the one before it has arrived. Requests no more of them
 * once no more are taken.
 */
async function* prefetch<Item>(
  items: AsyncGenerator<Item, void, void>,
): AsyncGenerator<Item, void, void> {
  const requests: Promise<IteratorResult<Item, void>>[] = [];
  let isOver = false;
  const request = async (): Promise<IteratorResult<Item, void>> => {
    const item = await items.next();
    if (item.done !== true && !isOver) requests.push(request());
    return item;
  };
  requests.push(request());
  try {
    // The array grows during this loop.
    for (const next of requests) {
      const item = await next;
      if (item.done !== true) yield item.value;
    }
  } finally {
    isOver = true;
  }
}

/**
 * Yields the entries of one folder, as many at a time as the browser returns (100 in Chromium). Ends
 * with null if the folder can't be read.
 */
export async function* entriesOf(folder: FileSystemDirectoryEntry): Listing {
  try {
    const reader = folder.createReader();
    let entries = await readEntries(reader);
    while (entries.length > 0) {
      yield entries;
      entries = await readEntries(reader);
    }
  } catch {
    yield null;
  }
}

function readEntries(reader: FileSystemDirectoryReader): Promise<FileSystemEntry[]> {
  return new Promise((resolve, reject) => reader.readEntries(resolve, reject));
}

async function* sourcesOf(
  entries: readonly FileSystemFileEntry[],
): AsyncGenerator<FileSlice, void, void> {
  for (let first = 0; first < entries.length; first += FILES_PER_SLICE) {
    const slice = entries.slice(first, first + FILES_PER_SLICE);
    const read = await Promise.all(slice.map(readEntry));
    const sources = read.filter((source) => typeof source !== "string");
    const unreadable = read.filter((source) => typeof source === "string");
    yield { sources, read: read.length, skipped: { unreadable } };
  }
}

/** Returns the file, or its path if it can't be read. */
async function readEntry(entry: FileSystemFileEntry): Promise<Source | string> {
  const path = pathOf(entry);
  try {
    const file = await new Promise<File>((resolve, reject) => entry.file(resolve, reject));
    return sourceOf(file, path);
  } catch {
    return path;
  }
}

/** Returns a file's path within the drop. */
function pathOf({ fullPath }: FileSystemEntry): string {
  // The leading slash is the root of the drop.
  return fullPath.replace(/^\//u, "");
}

function isFile(entry: FileSystemEntry): entry is FileSystemFileEntry {
  return entry.isFile;
}
