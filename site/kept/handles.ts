import { database, keysOf } from "./database.ts";

const READ = { mode: "read" } as const;

/** More files in one drop than this have no handles kept: getting them would hold up the page. */
const DROPPED_ITEMS = 50;

/**
 * Folders of every person's that Chromium keeps pages out of, with a dialog of its own, though what
 * is dropped of them may be uploaded. They have these names on the disk, whatever is shown.
 */
const REFUSED: ReadonlySet<string> = new Set(["Desktop", "Documents", "Downloads"]);

/**
 * What leads to the dropped files and folders later on, where the browser gives that. Must be called
 * within the event, and never waits: a browser may ask the person about some folders.
 */
export function droppedHandles({ items }: DataTransfer): Promise<FileSystemHandle | null>[] {
  const files = Array.from(items).filter((item) => item.kind === "file" && !isRefused(item));
  if (files.length > DROPPED_ITEMS) return [];
  return files.flatMap((item) => item.getAsFileSystemHandle?.() ?? []);
}

function isRefused(item: DataTransferItem): boolean {
  const entry = item.webkitGetAsEntry();
  return entry?.isDirectory === true && REFUSED.has(entry.name);
}

/** Keeps what leads to files of a batch. */
export async function keepHandle(batch: string, handle: FileSystemHandle): Promise<void> {
  const { store, done } = (await database()).transaction("handles", "readwrite");
  const place = await store.count(keysOf(batch));
  await store.put(handle, [batch, place]);
  await done;
}

/** What leads to files of the batch, as far as it was kept. */
export async function keptHandles(batch: string): Promise<FileSystemHandle[]> {
  return (await database()).getAll("handles", keysOf(batch));
}

/**
 * Those of the handles that may be read, now that the person was asked about each that needs it.
 * Must be called within a click.
 */
export async function permitted(handles: readonly FileSystemHandle[]): Promise<FileSystemHandle[]> {
  const may: FileSystemHandle[] = [];
  for (const handle of handles) if (await mayRead(handle)) may.push(handle);
  return may;
}

async function mayRead(handle: FileSystemHandle): Promise<boolean> {
  try {
    return (await handle.requestPermission?.(READ)) === "granted";
  } catch {
    // The click was too long ago: there were questions before this one.
    return false;
  }
}
