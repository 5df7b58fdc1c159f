import { database, keysOf } from "./database.ts";

const READ = { mode: "read" } as const;

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
