import type { Board } from "../batch/board.ts";
import { isAllCancelled } from "../batch/is-over.ts";
import { words } from "./index.ts";

/** Returns how many files are stored and cancelled, in a sentence or two. Failures are listed elsewhere. */
export function outcomeText({ fileCount, fileKind, counts }: Board): string {
  const { completed, cancelled } = counts.value;
  if (isAllCancelled(counts.value)) return words.summary.cancelled(cancelled);
  const stored = words.hero.safe(completed, fileCount.value, fileKind.value);
  return cancelled > 0 ? `${stored} ${words.summary.cancelled(cancelled)}` : stored;
}
