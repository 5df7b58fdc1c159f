/** An entry of a list by folder: the id of a file or, below zero, the heading of a folder. */
export function headingOf(folder: number): number {
  return -folder - 1;
}

/** Returns the folder of a heading; null for a file. */
export function folderOfEntry(entry: number): number | null {
  return entry < 0 ? -entry - 1 : null;
}

export interface FolderGroups {
  /** Files by folder, in the order of the list. */
  files: ReadonlyMap<number, readonly number[]>;
  /** Headings, each before its files, which a collapsed folder doesn't show. */
  entries: Int32Array;
}

interface Grouping {
  /** Returns the number of a file's folder. */
  folderOf: (file: number) => number;
  /** Folders by their place in the list. Others follow in the order in which they are found. */
  order: Iterable<number>;
  hasHeading: (folder: number) => boolean;
  isCollapsed: (folder: number) => boolean;
}

/** Groups files by folder. Within a folder they keep their order. */
export function groupByFolder(
  ids: Uint32Array,
  { folderOf, order, hasHeading, isCollapsed }: Grouping,
): FolderGroups {
  const files = new Map<number, number[]>();
  for (const folder of order) files.set(folder, []);
  for (const id of ids) {
    const folder = folderOf(id);
    const group = files.get(folder);
    if (group === undefined) files.set(folder, [id]);
    else group.push(id);
  }
  const entries = new Int32Array(ids.length + files.size);
  let length = 0;
  for (const [folder, group] of files) {
    if (group.length === 0) continue;
    if (hasHeading(folder)) entries[length++] = headingOf(folder);
    if (isCollapsed(folder)) continue;
    entries.set(group, length);
    length += group.length;
  }
  return { files, entries: entries.subarray(0, length) };
}
