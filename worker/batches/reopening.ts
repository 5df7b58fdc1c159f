import type { BatchDetails, Reopening } from "../../durable-objects/index.ts";
import { ProblemError } from "../http/problem.ts";
import type { BatchClient } from "./batch-client.ts";
import { reserveQuota } from "./quota.ts";

/**
 * Makes the owner count a completed batch as open again, before a failed file of it is sent. Files of an
 * open batch need no such call.
 *
 * @throws ProblemError `quota_exceeded`, `busy`
 */
export async function reopenBatch(env: Env, reopening: Reopening | undefined): Promise<void> {
  if (!reopening) return;
  const { owner, batch } = reopening;
  const quotaOwner = { key: owner, endsAt: batch.ownerEndsAt };
  await reserveQuota(env, quotaOwner, batch.failed, (client) => client.reopenBatch(batch));
}

/**
 * Retries failed files.
 *
 * @param files ids; null for all that may be retried
 * @throws ProblemError `quota_exceeded`, `busy`, and those of the Batch
 */
export async function retryFiles(
  env: Env,
  batch: BatchClient,
  files: number[] | null,
): Promise<BatchDetails> {
  const { reopening, ...status } = await batch.retry(files, undefined, true);
  if (!reopening) return status;
  await reopenBatch(env, reopening);
  const { reopening: another, ...retried } = await batch.retry(
    files,
    undefined,
    false,
    reopening.end,
  );
  if (!another) return retried;
  throw endedMeanwhile();
}

/** The owner has allowed to undo an earlier end of the batch, or none. */
export function endedMeanwhile(): ProblemError {
  const detail = "The batch has ended during this request; send it again.";
  return new ProblemError("busy", detail, { retryAfter: 1 });
}
