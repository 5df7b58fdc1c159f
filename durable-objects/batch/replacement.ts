import type { FileDeclaration } from "../../protocol/schemas.ts";
import { deleteFiles } from "./deletion.ts";
import { type FileRecord, isStored } from "./file.ts";
import type { OpenBatch } from "./transaction.ts";

/** Returns the ids that these files are declared in place of. */
export function replacedBy(files: readonly FileDeclaration[]): number[] {
  return files.flatMap(({ replaces }) => replaces ?? []);
}

/** True if another file may be declared in place of this one. A stored file stays, even if it has failed. */
export function isReplaceable(file: FileRecord): boolean {
  return file.state !== "cancelled" && !isStored(file);
}

/**
 * Cancels the files that these are declared in place of, and leaves them out of lists from now on: a
 * client that lists the batch sees a file that was changed and added again once.
 */
export function replaceFiles(batch: OpenBatch, files: readonly FileDeclaration[]): void {
  const { tally, store } = batch;
  const ids = replacedBy(files).filter((id) => {
    const file = tally.files[id];
    return file !== undefined && isReplaceable(file);
  });
  if (ids.length === 0) return;
  deleteFiles(batch, ids);
  store.saveReplaced([...store.replaced(), ...ids]);
}
