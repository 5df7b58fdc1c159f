import {
  type BatchResource,
  type FileResource,
  fileWeight,
  isSettled,
  percentOf,
  type Totals,
} from "../../protocol/index.ts";

/** What a batch says of its files altogether, added up from the files themselves. */
export function sumOf(
  files: readonly FileResource[],
): Pick<BatchResource, "totals" | "percentComplete"> {
  const totals: Totals = {
    files: files.length,
    queued: 0,
    uploading: 0,
    processing: 0,
    completed: 0,
    failed: 0,
    cancelled: 0,
    bytes: 0,
    receivedBytes: 0,
  };
  let weight = 0;
  let done = 0;
  for (const { state, size, receivedBytes, progress } of files) {
    totals[state]++;
    totals.bytes += size;
    totals.receivedBytes += receivedBytes;
    weight += fileWeight(size);
    done += fileWeight(size) * (isSettled(state) ? 100 : progress);
  }
  return { totals, percentComplete: percentOf(done, weight * 100) };
}
