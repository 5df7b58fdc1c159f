import type { Source } from "../../client/index.ts";
import { sourceOf } from "../upload/sources.ts";

/** How many files are asked for at a time: the answers to more of them hold up the page. */
const FILES_PER_SLICE = 10;

/**
 * Reads the files to which handles lead, and those in their folders, in slices of a few. What is
 * there no more is left out: it is missed afterwards.
 *
 * @param folder where they are, with `/` at its end; "" for what was dropped itself
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
  const sources = await Promise.all(files.map((file) => sourceAt(file, folder)));
  return sources.filter((source) => source !== null);
}

async function sourceAt(file: FileSystemFileHandle, folder: string): Promise<Source | null> {
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
