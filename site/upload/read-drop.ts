import type { Source } from "../../client/index.ts";

/** Files to upload, and folders that are still to be read. */
export interface IncomingFiles {
  files: readonly (File | Source)[];
  folders: readonly FileSystemDirectoryEntry[];
  /** Lists everything that was dropped, if some of `files` may be folders. */
  root?: FileSystemDirectoryEntry;
}

/**
 * Chromium reads from disk to return the entry of an item, 0.3 ms for each, and blocks the page
 * meanwhile. Larger drops are divided after the event.
 */
const MAX_ENTRIES = 50;

/** Returns the files and folders of a drop. Must be called during the event, which empties `transfer`. */
export function readDrop(transfer: DataTransfer): IncomingFiles {
  const items = Array.from(transfer.items).filter(({ kind }) => kind === "file");
  const root = items.length > MAX_ENTRIES ? sharedRoot(items) : null;
  return root === null
    ? readItems(items)
    : { files: items.map(fileOf).filter((file) => file !== null), folders: [], root };
}

/** Only its entry tells a folder from a file: both have any name, and the browser a `File` for both. */
function readItems(items: readonly DataTransferItem[]): IncomingFiles {
  const files: File[] = [];
  const folders: FileSystemDirectoryEntry[] = [];
  for (const item of items) {
    const entry = item.webkitGetAsEntry();
    const file = fileOf(item);
    if (entry !== null && isFolder(entry)) folders.push(entry);
    else if (file !== null) files.push(file);
  }
  return { files, folders };
}

/**
 * Returns the root of the file system that all items are in. Chromium makes one for each drop; other
 * browsers make one for each item, and know without the disk which items are folders.
 */
function sharedRoot(items: readonly DataTransferItem[]): FileSystemDirectoryEntry | null {
  const [first, second] = items.slice(0, 2).map((item) => item.webkitGetAsEntry()?.filesystem);
  return first !== undefined && first.name === second?.name ? first.root : null;
}

function fileOf(item: DataTransferItem): File | null {
  return item.getAsFile();
}

/** True if the drag contains files, not text or a link. */
export function carriesFiles(transfer: DataTransfer | null): boolean {
  return transfer?.types.includes("Files") === true;
}

export function isFolder(entry: FileSystemEntry): entry is FileSystemDirectoryEntry {
  return entry.isDirectory;
}
