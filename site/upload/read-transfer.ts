import type { Source } from "../../client/index.ts";

/** What a drop brought: files that are here at once, and folders that are still to be searched. */
export interface IncomingFiles {
  files: readonly (File | Source)[];
  folders: readonly FileSystemDirectoryEntry[];
}

/**
 * Whether an item is a folder the disk is asked, while the page waits: 0.3 ms an item in Chromium, as
 * is asking for a file's size, and there is no asking after the event. Of more items than this only
 * those are looked at that have no type: a name like a picture's is hardly a folder's.
 */
const MAX_CHECKED_ITEMS = 200;

/** Must be called within the event: the browser empties `transfer` right after it. */
export function readTransfer(transfer: DataTransfer): IncomingFiles {
  const files: File[] = [];
  const folders: FileSystemDirectoryEntry[] = [];
  const isMany = transfer.items.length > MAX_CHECKED_ITEMS;
  for (const item of transfer.items) {
    const file = item.kind === "file" ? item.getAsFile() : null;
    const folder = isMany && file?.type !== "" ? null : folderOf(item);
    if (folder !== null) folders.push(folder);
    else if (file !== null) files.push(file);
  }
  return { files, folders };
}

function folderOf(item: DataTransferItem): FileSystemDirectoryEntry | null {
  const entry = item.webkitGetAsEntry();
  return entry !== null && isFolder(entry) ? entry : null;
}

/** Does this drag carry files, and not text or a link? */
export function carriesFiles(transfer: DataTransfer | null): boolean {
  return transfer?.types.includes("Files") === true;
}

export function isFolder(entry: FileSystemEntry): entry is FileSystemDirectoryEntry {
  return entry.isDirectory;
}
