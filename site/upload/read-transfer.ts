import type { Source } from "../../client/index.ts";

/** Files to upload, and folders that are still to be read. */
export interface IncomingFiles {
  files: readonly (File | Source)[];
  folders: readonly FileSystemDirectoryEntry[];
}

/**
 * Detecting a folder reads from disk and blocks the page, 0.3 ms per item in Chromium, and is only
 * possible during the event. In larger drops, only items without a media type are checked, as a
 * folder is rarely named like a picture.
 */
const MAX_CHECKED_ITEMS = 200;

/** Returns the files and folders of a drop. Must be called during the event, which empties `transfer`. */
export function readTransfer(transfer: DataTransfer): IncomingFiles {
  const files: File[] = [];
  const folders: FileSystemDirectoryEntry[] = [];
  const isMany = transfer.items.length > MAX_CHECKED_ITEMS;
  for (const item of transfer.items) {
    const file = item.kind === "file" ? item.getAsFile() : null;
    const folder = isMany && file?.type !== "" ? null : folderEntryOf(item);
    if (folder !== null) folders.push(folder);
    else if (file !== null) files.push(file);
  }
  return { files, folders };
}

function folderEntryOf(item: DataTransferItem): FileSystemDirectoryEntry | null {
  const entry = item.webkitGetAsEntry();
  return entry !== null && isFolder(entry) ? entry : null;
}

/** True if the drag contains files, not text or a link. */
export function carriesFiles(transfer: DataTransfer | null): boolean {
  return transfer?.types.includes("Files") === true;
}

export function isFolder(entry: FileSystemEntry): entry is FileSystemDirectoryEntry {
  return entry.isDirectory;
}
