import type { Ledger } from "../../client/index.ts";
import { FILE_STATES, type FileState } from "../../protocol/index.ts";

export type Counts = Record<FileState, number>;

/**
 * Returns the number of files by state: the server's totals, except that files that failed locally
 * count as failed.
 *
 * @param files number of files, including those that the server doesn't know yet
 * @param refused number of files that couldn't be declared
 */
export function countsOf(
  ledger: Pick<Ledger, "currentTotals" | "localFailures" | "serverState">,
  files: number,
  refused = 0,
): Counts {
  const counts: Counts = { ...ledger.currentTotals };
  // Files that the server hasn't counted yet are queued.
  counts.queued += files - FILE_STATES.reduce((sum, state) => sum + counts[state], 0);
  counts.queued -= refused;
  counts.failed += refused;
  for (const id of ledger.localFailures.keys()) {
    counts[ledger.serverState(id)] -= 1;
    counts.failed += 1;
  }
  return counts;
}

/** Returns the number of stored files, those that are still processed included. */
export function storedCount({ completed, processing }: Counts): number {
  return completed + processing;
}
