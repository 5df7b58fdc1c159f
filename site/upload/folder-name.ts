import { BATCH_NAME_CHARACTERS, toWellFormed } from "../../protocol/index.ts";
import type { IncomingFiles } from "./read-drop.ts";

/**
 * Returns the name for a batch that starts with these files: that of their folder. Null for several folders
 * and for single files, as none of their names is that of the batch.
 */
export function folderName({ files, folders }: IncomingFiles): string | null {
  const [folder, ...otherFolders] = folders;
  const [file] = files;
  if (otherFolders.length > 0 || (file && folder)) return null;
  const name = folder?.name ?? (file instanceof File ? pickedFolder(file) : "");
  return toWellFormed(name.slice(0, BATCH_NAME_CHARACTERS)).trim() || null;
}

/** Returns the folder that was chosen in a dialog, which has all files; "" for single files. */
function pickedFolder({ webkitRelativePath: path }: File): string {
  return path.slice(0, Math.max(0, path.indexOf("/")));
}
