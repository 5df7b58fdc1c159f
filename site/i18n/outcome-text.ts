import type { Board } from "../batch/board.ts";
import { words } from "./index.ts";

/** Returns how many files are stored and cancelled, in a sentence or two. Failures are listed elsewhere. */
export function outcomeText({ fileCount, fileKind, counts }: Board): string {
  const { completed, cancelled } = counts.value;
  const stored = words.hero.safe(completed, fileCount.value, fileKind.value);
  return cancelled > 0 ? `${stored} ${words.summary.cancelled(cancelled)}` : stored;
}
