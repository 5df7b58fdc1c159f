import type { BatchView } from "../../client/index.ts";
import type { BatchResource } from "../../protocol/index.ts";
import type { Board } from "./board.ts";
import type { Counts } from "./counts.ts";

interface OverFacts {
  batch: Pick<BatchResource, "state" | "sealed"> | null;
  counts: Counts;
  isGrowing: boolean;
  running: BatchView["running"];
}

/**
 * True if no file has to be sent any more, and no more are expected. A batch that isn't sealed may get
 * more files, even if all that are known are stored. Files that have failed here keep it open, and are over
 * only once none of them is retried by itself.
 */
export function isOver({ batch, counts, isGrowing, running }: OverFacts): boolean {
  if (batch?.state === "completed") return true;
  if (isGrowing || counts.queued + counts.uploading > 0 || isEmpty(counts)) return false;
  if (counts.failed > 0 && running !== undefined) return !running;
  return batch?.sealed === true;
}

/** Reads the facts from a board. */
export function isBoardOver({ batch, counts, isGrowing, view }: Board): boolean {
  return isOver({
    batch: batch.value,
    counts: counts.value,
    isGrowing: isGrowing.value,
    running: view.running,
  });
}

/** True if nothing became of any file but that it was cancelled. */
export function isAllCancelled({ cancelled, ...others }: Counts): boolean {
  return cancelled > 0 && isEmpty({ ...others, cancelled: 0 });
}

function isEmpty(counts: Counts): boolean {
  const { queued, uploading, processing, completed, failed, cancelled } = counts;
  return queued + uploading + processing + completed + failed + cancelled === 0;
}
