import { type FileEvent, type FileRecord, isRetryableFailure } from "./file.ts";
import { amountOf, countedAmount } from "./limits.ts";
import type { Reopening } from "./rpc.ts";
import type { Tally } from "./tally.ts";
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
  return { owner, batch, end: endOf(tally) };
}

/**
 * Returns the events without retries that would make a completed batch active although its owner has not
 * allowed that: when the request was admitted, the batch was active. If such a file is stored all the same,
 * it is completed, and the batch stays so.
 */
export function allowedEvents(
  { config, tally }: OpenBatch,
  events: readonly FileEvent[],
): readonly FileEvent[] {
  if (config.owner === undefined || tally.state !== "completed") return events;
  const end = endOf(tally);
  return events.filter((event) => event.event !== "retried" || event.reopens === end);
}

/** Returns the rev of the batch's last end. A batch that an earlier version has completed has none. */
function endOf({ batch: { completedRev = 0 } }: Tally): number {
  return completedRev;
}
