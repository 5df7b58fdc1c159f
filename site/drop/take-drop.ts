import type { Source } from "../../client/index.ts";
import { isFolder } from "./read-folders.ts";
import { sourceOf } from "./sources.ts";

/** What a drop brought: files that are here at once, and folders that are still to be read. */
export interface Taken {
  sources: Source[];
  folders: FileSystemDirectoryEntry[];
}

/** Must be called within the event: the browser empties `transfer` right after it. */
export function takeDrop(transfer: DataTransfer): Taken {
  const taken: Taken = { sources: [], folders: [] };
  for (const item of transfer.items) takeItem(item, taken);
  return taken;
}

function takeItem(item: DataTransferItem, taken: Taken): void {
  if (item.kind !== "file") return;
  const entry = item.webkitGetAsEntry();
  if (entry !== null && isFolder(entry)) return void taken.folders.push(entry);
  const file = item.getAsFile();
  if (file !== null) taken.sources.push(sourceOf(file));
}

/** Does this drag carry files, and not text or a link? */
export function carriesFiles(transfer: DataTransfer | null): boolean {
  return transfer?.types.includes("Files") === true;
}
