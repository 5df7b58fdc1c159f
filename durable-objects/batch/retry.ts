import { addingRefusal, ok, type Result, retryRefusal } from "./refusals.ts";
import { reopeningFor } from "./reopening.ts";
import type { Reopening } from "./rpc.ts";
import type { OpenBatch } from "./transaction.ts";
import { type BatchDetails, batchDetails } from "./views.ts";

/** A batch whose files were retried, or whose owner has to be asked first. */
export interface RetriedBatch extends BatchDetails {
  reopening?: Reopening;
}

/**
 * Returns failed files to the queue, unless the batch is cancelled or blocked, or one of them is cancelled.
 *
 * @param ids null for all that may be retried
 * @param asksFirst true to change nothing if that would reopen a completed batch
 * @param reopens the end of the batch that the owner has allowed to undo; any other needs another answer
 */
export function retryFiles(
  batch: OpenBatch,
  ids: readonly number[] | null,
  asksFirst: boolean,
  reopens?: number,
): Result<RetriedBatch> {
  const { tally, commit } = batch;
  const refusal = addingRefusal(tally) ?? retryRefusal(tally, ids);
  if (refusal) return refusal;
  const files = ids?.map((id) => tally.files[id]) ?? tally.files;
  const mayUndo = !asksFirst && reopens === undefined;
  const reopening = mayUndo ? null : reopeningFor(batch, files);
  if (reopening && reopening.end !== reopens) return ok({ ...batchDetails(batch), reopening });
  tally.retry(ids, Date.now());
  commit();
  return ok(batchDetails(batch));
}
