import type { Source } from "../../client/index.ts";
import { type IncomingFiles, isFolder } from "./read-drop.ts";
import { entriesOf } from "./read-folders.ts";

/** Chromium's number in the name of an item that has the same name as one before it. */
const NUMBER = / \(\d+\)(?=(?:\.[^.]*){0,2}$)/u;

/** Returns the files of a drop without the folders among them, and all of its folders. */
export async function divideDrop({ files, folders, root }: IncomingFiles): Promise<IncomingFiles> {
  if (root === undefined) return { files, folders };
  const names = await folderNames(root);
  // A folder may have the name of another one from elsewhere. Only the list lacks the number then.
  const mayBeFolder = ({ name }: File | Source): boolean =>
    names === null || names.has(name) || names.has(name.replace(NUMBER, ""));
  const found = await Promise.all(
    files.map(async (file) => (mayBeFolder(file) ? folderIn(root, file.name) : null)),
  );
  return {
    files: files.filter((_, index) => found[index] === null),
    folders: [...folders, ...found.filter((folder) => folder !== null)],
  };
}

/** Returns the names of the folders in `root`; null if it can't be read. */
async function folderNames(root: FileSystemDirectoryEntry): Promise<Set<string> | null> {
  const names = new Set<string>();
  for await (const entries of entriesOf(root)) {
    if (entries === null) return null;
    for (const { name } of entries.filter(isFolder)) names.add(name);
  }
  return names;
}

/** Returns null if it is a file. */
function folderIn(
  root: FileSystemDirectoryEntry,
  name: string,
): Promise<FileSystemDirectoryEntry | null> {
  return new Promise((resolve) => {
    const done = (entry: FileSystemEntry): void => resolve(isFolder(entry) ? entry : null);
    root.getDirectory(name, {}, done, () => resolve(null));
  });
}
