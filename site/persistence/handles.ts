import { database, keysOf } from "./database.ts";

const READ = { mode: "read" } as const;

/** Saves a handle to a file or folder of the batch. */
export async function saveHandle(batch: string, handle: FileSystemHandle): Promise<void> {
  const { store, done } = (await database()).transaction("handles", "readwrite");
  const place = await store.count(keysOf(batch));
  await store.put(handle, [batch, place]);
  await done;
}

/** Returns the saved handles to files and folders of the batch. */
export async function loadHandles(batch: string): Promise<FileSystemHandle[]> {
  return (await database()).getAll("handles", keysOf(batch));
}

/**
 * Asks for permission to read the handles, and returns those that may be read. Must be called within
 * a click, as the browser may show a prompt for each handle.
 */
export async function requestAccess(
  handles: readonly FileSystemHandle[],
): Promise<FileSystemHandle[]> {
  const readable: FileSystemHandle[] = [];
  for (const handle of handles) if (await canRead(handle)) readable.push(handle);
  return readable;
}

async function canRead(handle: FileSystemHandle): Promise<boolean> {
  try {
    return (await handle.requestPermission?.(READ)) === "granted";
  } catch {
    // Earlier prompts took so long that the click no longer counts as user activation.
    return false;
  }
}
