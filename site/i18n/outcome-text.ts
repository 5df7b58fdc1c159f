import type { Board } from "../batch/board.ts";
import { words } from "./index.ts";

/** Returns how many files are stored and cancelled, in a sentence or two. Failures are listed elsewhere. */
export function outcomeText({ fileCount: files, counts }: Board): string {
  const { completed, cancelled } = counts.value;
  const { allStored, someStored, cancelled: cancelledText } = words.summary;
  const stored =
    completed === files.value ? allStored(completed) : someStored(completed, files.value);
  return cancelled > 0 ? `${stored} ${cancelledText(cancelled)}` : stored;
}
