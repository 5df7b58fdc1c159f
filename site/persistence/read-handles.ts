import type { Source } from "../../client/index.ts";
import { sourceOf } from "../upload/sources.ts";

/** Files read at a time. Reading more would block the page when all results arrive together. */
const FILES_PER_SLICE = 10;

/**
 * Reads the files that handles point to, including files in folders, in small slices. Files that no
 * longer exist are skipped.
 *
 * @param folder path of the handles, ending in `/`; "" for handles that were dropped themselves
 */
export async function* readHandles(
  handles: AsyncIterable<FileSystemHandle> | Iterable<FileSystemHandle>,
  folder = "",
): AsyncGenerator<Source[], void, void> {
  let files: FileSystemFileHandle[] = [];
  for await (const handle of handles) {
    if (isFolder(handle)) yield* readFolder(handle, `${folder}${handle.name}/`);
    else if (isFile(handle)) files.push(handle);
    if (files.length < FILES_PER_SLICE) continue;
    yield await read(files, folder);
    files = [];
  }
  yield await read(files, folder);
}

async function* readFolder(
  folder: FileSystemDirectoryHandle,
  path: string,
): AsyncGenerator<Source[], void, void> {
  try {
    yield* readHandles(folder.values(), path);
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
  }
}

async function read(files: readonly FileSystemFileHandle[], folder: string): Promise<Source[]> {
  const sources = await Promise.all(files.map((file) => readFile(file, folder)));
  return sources.filter((source) => source !== null);
}

async function readFile(file: FileSystemFileHandle, folder: string): Promise<Source | null> {
  try {
    return sourceOf(await file.getFile(), folder === "" ? "" : `${folder}${file.name}`);
  } catch {
    return null;
  }
}

function isFolder(handle: FileSystemHandle): handle is FileSystemDirectoryHandle {
  return handle.kind === "directory";
}

function isFile(handle: FileSystemHandle): handle is FileSystemFileHandle {
  return handle.kind === "file";
}
