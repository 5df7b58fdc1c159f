/** An entry of a list by folder: the id of a file or, below zero, the heading of a folder. */
export function headingOf(folder: number): number {
  return -folder - 1;
}

/** Returns the folder of a heading; null for a file. */
export function folderOfEntry(entry: number): number | null {
  return entry < 0 ? -entry - 1 : null;
}

export interface FolderGroups {
  /** Returns the files of a folder, in the order of the list. */
  filesIn: (folder: number) => Uint32Array;
  /** Headings, each before its files, which a collapsed folder doesn't show. */
  entries: Int32Array;
}

interface Grouping {
  /** Number of folders. */
  folders: number;
  /** Returns the number of a file's folder. */
  folderOf: (file: number) => number;
  /** Folders by their place in the list. Others follow by their numbers. */
  order: Uint32Array;
  hasHeading: (folder: number) => boolean;
  isCollapsed: (folder: number) => boolean;
}

/**
 * Groups files by folder. Within a folder they keep their order. An array per folder would take four times
 * as long with 3,000 folders, most of it to free the arrays.
 */
export function groupByFolder(
  ids: Uint32Array,
  { folders, folderOf, order, hasHeading, isCollapsed }: Grouping,
): FolderGroups {
  const filesIn = filesByFolder(ids, folders, folderOf);
  const entries = new Int32Array(ids.length + folders);
  let length = 0;
  for (const folder of allInOrder(order, folders)) {
    const files = filesIn(folder);
    if (files.length === 0) continue;
    if (hasHeading(folder)) entries[length++] = headingOf(folder);
    if (isCollapsed(folder)) continue;
    entries.set(files, length);
    length += files.length;
  }
  return { filesIn, entries: entries.subarray(0, length) };
}

function filesByFolder(
  ids: Uint32Array,
  folders: number,
  folderOf: (file: number) => number,
): FolderGroups["filesIn"] {
  const folderAt = Uint32Array.from(ids, folderOf);
  // The first place of each folder, and the end of the last one.
  const starts = new Uint32Array(folders + 1);
  for (const folder of folderAt) starts[folder + 1] = (starts[folder + 1] ?? 0) + 1;
  for (let folder = 0; folder < folders; folder++)
    starts[folder + 1] = (starts[folder] ?? 0) + (starts[folder + 1] ?? 0);
  const files = new Uint32Array(ids.length);
  const next = starts.slice();
  for (const [place, folder] of folderAt.entries()) {
    const at = next[folder] ?? 0;
    files[at] = ids[place] ?? 0;
    next[folder] = at + 1;
  }
  // A folder that was found later has none yet.
  return (folder) => files.subarray(starts[folder] ?? ids.length, starts[folder + 1]);
}

/** Returns all folders: those in the order, then the others. */
function allInOrder(order: Uint32Array, folders: number): Uint32Array {
  if (order.length === folders) return order;
  const ordered = new Set(order);
  const others = Uint32Array.from({ length: folders }, (_, folder) => folder).filter(
    (folder) => !ordered.has(folder),
  );
  return Uint32Array.of(...order, ...others);
}
