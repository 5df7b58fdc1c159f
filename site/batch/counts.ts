import type { Ledger } from "../../client/index.ts";
import { FILE_STATES, type FileState } from "../../protocol/index.ts";

export type Counts = Record<FileState, number>;

/**
 * Files by state as a person sees them: what the server counted, but a file that this client gave
 * up on is failed, whatever the server still waits for, and a file not counted yet is queued.
 * @param files how many there are in all
 */
export function countsOf(
  ledger: Pick<Ledger, "totals" | "localFailures" | "serverState">,
  files: number,
): Counts {
  const counts: Counts = { ...ledger.totals };
  // Files that the server has not counted yet are queued.
  counts.queued += files - FILE_STATES.reduce((sum, state) => sum + counts[state], 0);
  for (const id of ledger.localFailures.keys()) {
    counts[ledger.serverState(id)] -= 1;
    counts.failed += 1;
  }
  return counts;
}
