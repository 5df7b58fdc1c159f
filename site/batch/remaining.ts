import type { Counts } from "./counts.ts";
import { knownBytes, type KnownFiles } from "./overall-bar.ts";
import type { Remaining } from "./time-left.ts";

/** Returns the rest that has to arrive, without files that failed or were cancelled on the way. */
export function remainingOf(
  files: KnownFiles,
  { queued, uploading, processing }: Counts,
): Remaining {
  const { all, received, failed, cancelled } = knownBytes(files);
  return {
    bytes: Math.max(0, all - received - failed - cancelled),
    files: queued + uploading + processing,
    processing,
  };
}
