import { database, keysOf } from "./database.ts";

const READ = { mode: "read" } as const;

/** Keeps what leads to files of a batch. */
export async function saveHandle(batch: string, handle: FileSystemHandle): Promise<void> {
  const { store, done } = (await database()).transaction("handles", "readwrite");
  const place = await store.count(keysOf(batch));
  await store.put(handle, [batch, place]);
  await done;
}

/** What leads to files of the batch, as far as it was kept. */
export async function loadHandles(batch: string): Promise<FileSystemHandle[]> {
  return (await database()).getAll("handles", keysOf(batch));
}

/**
 * Those of the handles that may be read, now that the person was asked about each that needs it.
 * Must be called within a click.
 */
export async function requestAccess(
  handles: readonly FileSystemHandle[],
): Promise<FileSystemHandle[]> {
  const may: FileSystemHandle[] = [];
  for (const handle of handles) if (await canRead(handle)) may.push(handle);
  return may;
}

async function canRead(handle: FileSystemHandle): Promise<boolean> {
  try {
    return (await handle.requestPermission?.(READ)) === "granted";
  } catch {
    // The click was too long ago: there were questions before this one.
    return false;
  }
}
