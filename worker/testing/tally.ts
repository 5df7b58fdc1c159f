import {
  type BatchResource,
  type FileResource,
  fileWeight,
  isSettled,
  ZERO_TOTALS,
  percentOf,
  type Totals,
} from "../../protocol/index.ts";

/** Returns the totals and percentage that a batch with these files must have. */
export function expectedTotals(
  files: readonly FileResource[],
): Pick<BatchResource, "totals" | "percentComplete"> {
  const totals: Totals = { ...ZERO_TOTALS, files: files.length };
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
