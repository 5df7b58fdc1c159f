import { carriesFiles } from "./read-transfer.ts";

/** More files in one drop than this have no handles kept: getting them would hold up the page. */
const MAX_ITEMS = 50;

/**
 * Folders of every person's that Chromium keeps pages out of, with a dialog of its own, though what
 * is dropped of them may be uploaded. They have these names on the disk, whatever is shown.
 */
const BLOCKED_FOLDERS: ReadonlySet<string> = new Set(["Desktop", "Documents", "Downloads"]);

/** Leads to a dropped file or folder later on. It may never resolve: a browser may ask the person. */
export type DroppedHandle = Promise<FileSystemHandle | null>;
type OnHandle = (handle: DroppedHandle) => void;

/**
 * What leads to the files and folders that are dropped on the page, where the browser gives that. It
 * is to be had within the event only, so that this listens before there is anybody to keep it.
 */
export class DroppedHandles {
  #waiting: DroppedHandle[] = [];
  #onHandle: OnHandle = (handle) => void this.#waiting.push(handle);

  /** After the page's own listener, which begins the batch that they are for. */
  listen(): () => void {
    const listener = ({ dataTransfer }: DragEvent): void => {
      if (dataTransfer === null || !carriesFiles(dataTransfer)) return;
      for (const handle of handlesOf(dataTransfer)) this.#onHandle(handle);
    };
    addEventListener("drop", listener);
    return () => removeEventListener("drop", listener);
  }

  /** Has `take` get those of the drops that have been, and of those to come. */
  forwardTo(take: OnHandle): void {
    this.#onHandle = take;
    for (const handle of this.#waiting) take(handle);
    this.#waiting = [];
  }
}

function handlesOf({ items }: DataTransfer): DroppedHandle[] {
  if (items.length > MAX_ITEMS) return [];
  const files = Array.from(items).filter((item) => item.kind === "file" && !isBlocked(item));
  return files.flatMap((item) => item.getAsFileSystemHandle?.() ?? []);
}

function isBlocked(item: DataTransferItem): boolean {
  const entry = item.webkitGetAsEntry();
  return entry?.isDirectory === true && BLOCKED_FOLDERS.has(entry.name);
}
