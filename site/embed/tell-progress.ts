import { effect, untracked } from "@preact/signals";
import type { Summary } from "../../protocol/index.ts";
import type { Board } from "../batch/board.ts";
import { type ProgressDetail, tell } from "./events.ts";

/**
 * Tells an element's listeners how the batch of `board` fares.
 *
 * @returns ends it
 */
export function tellProgress(element: HTMLElement, board: Board): () => void {
  let before: ProgressDetail | null = null;
  let ending: Summary | null = null;
  const tellAll = (now: ProgressDetail, summary: Summary | null): void => {
    if (isFurther(before, now)) tell(element, "tallyman:progress", (before = now));
    // After the progress that led there, and once for each end.
    if (summary !== null && summary !== ending) tell(element, "tallyman:completed", summary);
    ending = summary;
  };
  const endProgress = effect(() => {
    void board.changed.value;
    const summary = board.summary.value;
    // What listeners do with the element is no reason to tell them again.
    untracked(() => tellAll(progressOf(board), summary));
  });
  const endProblems = board.view.on("problem", (problem) =>
    tell(element, "tallyman:problem", problem),
  );
  return () => {
    endProgress();
    endProblems();
  };
}

function progressOf({ ledger }: Board): ProgressDetail {
  const { percentComplete, totals } = ledger;
  return { percentComplete, percentSent: Math.max(percentComplete, ledger.percentSent), totals };
}

function isFurther(before: ProgressDetail | null, now: ProgressDetail): boolean {
  if (before === null) return now.totals.files > 0;
  return before.totals !== now.totals || before.percentSent !== now.percentSent;
}
