import type { Ledger } from "../../client/index.ts";
import type { Counts } from "./counts.ts";
import { knownBytes } from "./overall-bar.ts";
import type { Remaining } from "./time-left.ts";

/** Returns the rest that has to arrive, without files that failed or were cancelled on the way. */
export function remainingOf(
  files: Pick<Ledger, "bytes" | "count" | "totals">,
  { queued, uploading, processing }: Counts,
): Remaining {
  const { all, received, failed, cancelled } = knownBytes(files);
  return {
    bytes: Math.max(0, all - received - failed - cancelled),
    files: queued + uploading + processing,
    processing,
  };
}
