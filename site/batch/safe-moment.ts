import type { BatchResource } from "../../protocol/index.ts";
import type { Counts } from "./counts.ts";

/**
 * True while every file of a sealed batch is stored or settled, and some are still processed. Their sender
 * may leave: a processor that takes hours, or has stopped, must not look like an upload that is stuck.
 */
export function isSafe(
  batch: Pick<BatchResource, "state" | "sealed"> | null,
  { queued, uploading, processing }: Counts,
): boolean {
  const isSealed = batch?.state === "active" && batch.sealed;
  return isSealed && queued + uploading === 0 && processing > 0;
}
