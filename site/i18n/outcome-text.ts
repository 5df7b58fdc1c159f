import type { Board } from "../batch/board.ts";
import { words } from "./index.ts";

/** What is stored, and what nobody waits for any more; of failures there is more to say than this. */
export function outcomeText({ fileCount: files, counts }: Board): string {
  const { completed, cancelled } = counts.value;
  const { allDone, someDone } = words.summary;
  const stored = completed === files.value ? allDone(completed) : someDone(completed, files.value);
  return cancelled > 0 ? `${stored} ${words.summary.cancelled(cancelled)}` : stored;
}
