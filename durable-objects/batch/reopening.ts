import { type FileRecord, isRetryableFailure } from "./file.ts";
import { amountOf, countedAmount } from "./limits.ts";
import type { Reopening } from "./rpc.ts";
import type { OpenBatch } from "./transaction.ts";

/**
 * Returns the owner who has to count a completed batch as open again before any of these files is sent or
 * retried: they would make it active. Null if the batch is not completed, has no owner, or none of the
 * files may be retried. The amount is that of all failed files, as the others need no further call then.
 */
export function reopeningFor(
  { config, tally }: OpenBatch,
  files: readonly (FileRecord | undefined)[],
): Reopening | null {
  const { id, owner, ownerEndsAt } = config;
  const mayReopen = files.some((file) => file && isRetryableFailure(file));
  if (owner === undefined || tally.state !== "completed" || !mayReopen) return null;
  const batch = {
    id,
    createdAt: tally.batch.createdAt,
    rev: tally.batch.rev,
    files: tally.totals.files,
    counted: countedAmount(tally.files),
    failed: amountOf(tally.files.filter(isRetryableFailure)),
    ...(ownerEndsAt !== undefined && { ownerEndsAt }),
  };
  return { owner, batch };
}
