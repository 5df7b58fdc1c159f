import type { BatchClient } from "../batch-client.ts";
import { ProblemError } from "../http/problem.ts";
import { deleteObject, sameObject, type StoringFile } from "../storage/objects.ts";

/** What became of a file: its object's etag, or that somebody else had stored it before. */
export type Stored = { etag: string } | "stored before";

/**
 * Sees to it that a file is stored once, though two requests send it: `putObject` has found an
 * object where the file was to go.
 *
 * @throws ProblemError `storage_failed` where what was there was left over, and is gone now
 */
export async function resolveConflict(
  bucket: R2Bucket,
  batch: BatchClient,
  file: StoringFile,
): Promise<Stored> {
  const etag = await sameObject(bucket, file);
  if (etag !== null) return { etag };
  // Whoever stored the file and told the tally was first: what it says is what is there.
  const { etag: tallied } = await batch.file(file.file.id);
  if (tallied !== undefined) return "stored before";
  await deleteObject(bucket, file);
  throw new ProblemError("storage_failed", "Send the file again: an earlier try was in its way.");
}
