import type { Ledger } from "../../client/index.ts";
import type { FileState } from "../../protocol/index.ts";

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
  const { uploading, processing, completed, failed, cancelled } = ledger.totals;
  const queued = files - uploading - processing - completed - failed - cancelled;
  const counts = { queued, uploading, processing, completed, failed, cancelled };
  for (const id of ledger.localFailures.keys()) {
    counts[ledger.serverState(id)] -= 1;
    counts.failed += 1;
  }
  return counts;
}
