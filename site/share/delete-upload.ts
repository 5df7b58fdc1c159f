import { ProblemError } from "../../client/index.ts";
import { markDeleted } from "../persistence/batches.ts";
import type { Upload, Uploads } from "../upload/uploads.ts";
import { deletedFiles } from "./deleted-files.ts";

/**
 * Deletes the batch with its files, and returns to the empty page.
 *
 * @returns false if the request failed, which the batch's problem reports
 */
export async function deleteUpload(upload: Upload, uploads: Uploads): Promise<boolean> {
  const { uploader, board } = upload;
  // Otherwise the requests in flight report that there is no such batch.
  if (uploader.running) await uploader.cancel();
  const id = uploader.resumableBatch?.id;
  const isDeleted = await uploader.request((api) => api.deleteBatch().then(isDone, isGone));
  if (isDeleted === null || id === undefined) return false;
  deletedFiles.value = board.fileCount.peek();
  uploads.clear();
  await markDeleted(id);
  return true;
}

function isDone(): true {
  return true;
}

/** A repeated request finds no batch. */
function isGone(error: unknown): true {
  if (error instanceof ProblemError && error.code === "batch_not_found") return true;
  throw error;
}
