import { carriesFiles } from "./read-drop.ts";

/** Drops of more items get no handles, as requesting them would block the page. */
const MAX_ITEMS = 50;

/**
 * Folders that Chromium blocks with a dialog when a handle is requested, although their dropped files
 * can be uploaded. On disk they have these names in every language.
 */
const BLOCKED_FOLDERS: ReadonlySet<string> = new Set(["Desktop", "Documents", "Downloads"]);

/** Handle of a dropped file or folder. It may never resolve, as the browser may show a prompt. */
export type DroppedHandle = Promise<FileSystemHandle | null>;
type OnHandle = (handle: DroppedHandle) => void;

/**
 * Handles of files and folders that are dropped on the page, in browsers that have them. They are
 * only available during the event, so this listens before the code that saves them is loaded.
 */
export class DroppedHandles {
  #waiting: DroppedHandle[] = [];
  #onHandle: OnHandle = (handle) => void this.#waiting.push(handle);

  /** Starts listening. Its listener runs after the page's own, which creates the batch. */
  listen(): () => void {
    const listener = ({ dataTransfer }: DragEvent): void => {
      if (dataTransfer === null || !carriesFiles(dataTransfer)) return;
      for (const handle of handlesOf(dataTransfer)) this.#onHandle(handle);
    };
    addEventListener("drop", listener);
    return () => removeEventListener("drop", listener);
  }

  /** Calls `onHandle` for the handles of earlier drops, and for all future ones. */
  forwardTo(onHandle: OnHandle): void {
    this.#onHandle = onHandle;
    for (const handle of this.#waiting) onHandle(handle);
    this.#waiting = [];
  }
}

function handlesOf({ items }: DataTransfer): DroppedHandle[] {
  // On a page over plain HTTP, Chromium has this method as well, but ends the tab that calls it.
  if (!isSecureContext || items.length > MAX_ITEMS) return [];
  const files = Array.from(items).filter((item) => item.kind === "file" && !isBlocked(item));
  return files.map(requestHandle);
}

/** Returns null without a handle: the browser has none for this item, or can't read it. */
async function requestHandle(item: DataTransferItem): DroppedHandle {
  try {
    return (await item.getAsFileSystemHandle?.()) ?? null;
  } catch {
    return null;
  }
}

function isBlocked(item: DataTransferItem): boolean {
  const entry = item.webkitGetAsEntry();
  return entry?.isDirectory === true && BLOCKED_FOLDERS.has(entry.name);
}
