import type { Ledger } from "../../client/index.ts";
import { isSettled } from "../../protocol/index.ts";
import type { Counts } from "./counts.ts";
import type { Remaining } from "./time-left.ts";

type Files = Pick<Ledger, "count" | "replaced" | "totals" | "state" | "size" | "receivedBytes">;

/** Returns the rest that has to arrive, without files that failed or were cancelled on the way. */
export function remainingOf(files: Files, counts: Counts): Remaining {
  const { queued, uploading, processing, failed, cancelled } = counts;
  const { bytes, receivedBytes } = files.totals;
  const lost = failed + cancelled + files.replaced.length > 0 ? lostBytes(files) : 0;
  return {
    bytes: Math.max(0, bytes - receivedBytes - lost),
    files: queued + uploading + processing,
    processing,
  };
}

/** Returns the missing bytes of the settled files. */
function lostBytes(files: Files): number {
  let bytes = 0;
  for (let id = 0; id < files.count; id++)
    if (isSettled(files.state(id))) bytes += files.size(id) - files.receivedBytes(id);
  return bytes;
}
