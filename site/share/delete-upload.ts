import { BatchApi, ProblemError, type ResumableBatch } from "../../client/index.ts";
import { markDeleted } from "../persistence/batches.ts";
import { cancelUpload } from "../upload/cancel-upload.ts";
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
  if (uploader.running) await cancelUpload(upload);
  const batch = uploader.resumableBatch;
  const isDeleted = batch !== null && (await uploader.request(() => deleteBatch(batch)));
  if (!isDeleted) return false;
  await markDeleted(batch.id);
  if (uploads.current.peek() !== upload) return true;
  deletedFiles.value = board.fileCount.peek();
  uploads.clear();
  return true;
}

/** Not by the uploader's own calls, which end when another batch is started meanwhile. */
function deleteBatch({ id, tokens }: ResumableBatch): Promise<true> {
  const api = new BatchApi(location.origin, id, tokens.write, new AbortController().signal);
  return api.deleteBatch().then(isDone, isGone);
}

function isDone(): true {
  return true;
}

/** A repeated request finds no batch. */
function isGone(error: unknown): true {
  if (error instanceof ProblemError && error.code === "batch_not_found") return true;
  throw error;
}
