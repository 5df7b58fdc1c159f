import {
  completionEvents,
  type DoubtfulCompletion,
  type MultipartCompletion,
  type SingleFileDetails,
} from "../../durable-objects/index.ts";
import { completeMultipart } from "../../storage/multipart.ts";
import { retryTransient, waitFor } from "../../storage/retry.ts";
import { checkStored } from "./digest-check.ts";
import type { Upload } from "./upload.ts";

/**
 * Completes the multipart upload of a file whose parts are all stored. If R2 responds that the upload, or
 * a part of it, does not exist, the completion is repeated with the parts that were recorded meanwhile.
 * After that, the batch tries again later.
 *
 * The declared digest, if there is one, is checked before the file is completed.
 *
 * @returns the file as the tally has it: not stored yet if the completion is still in doubt
 * @throws ProblemError `checksum_mismatch`
 * @throws StorageError if R2 fails for a moment. The completion is then free for another request
 */
export async function completeFile(
  upload: Upload,
  completion: MultipartCompletion,
): Promise<SingleFileDetails> {
  const { file, multipart, sha256 } = completion;
  const { key } = multipart;
  const stored = await storeFile(upload, completion);
  const { state, etag } = stored;
  const isUnchecked = state === "processing" && etag !== undefined && sha256 !== undefined;
  return isUnchecked ? checkStored(upload, { file, key, etag, sha256 }) : stored;
}

async function storeFile(
  upload: Upload,
  completion: MultipartCompletion,
): Promise<SingleFileDetails> {
  const { file } = completion;
  try {
    await completeOrReturn(upload, completion);
    return await upload.result(file);
  } catch (error) {
    // Without this call, the completion is free after a minute.
    await upload.batch.releaseCompletion(file).catch(() => undefined);
    throw error;
  }
}

/** Resolves once the completion has succeeded, or is the batch's again. */
async function completeOrReturn(upload: Upload, completion: MultipartCompletion): Promise<void> {
  const { file } = completion;
  let doubtful = await attempt(upload, completion);
  if (doubtful === null) return;
  await waitFor(async () => {
    doubtful &&= await attemptAgain(upload, file, doubtful);
    return doubtful === null ? true : null;
  });
  if (doubtful !== null) await upload.batch.releaseCompletion(file, doubtful);
}

async function attemptAgain(
  upload: Upload,
  file: number,
  doubtful: DoubtfulCompletion,
): Promise<DoubtfulCompletion | null> {
  const next = await upload.batch.releaseCompletion(file, doubtful, upload.id);
  return next && attempt(upload, next);
}

/** @returns null if R2 holds the file */
async function attempt(
  upload: Upload,
  completion: MultipartCompletion,
): Promise<DoubtfulCompletion | null> {
  const { file, multipart } = completion;
  const result = await retryTransient(() =>
    completeMultipart(upload.bucket, multipart, completion),
  );
  if ("doubt" in result) return { multipartId: multipart.id, doubt: result.doubt };
  upload.hasStored(file, { key: multipart.key, etag: result.etag });
  upload.events.add(...(await completionEvents(upload.bucket, completion, result)));
  return null;
}
