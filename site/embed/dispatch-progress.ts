import { effect, untracked } from "@preact/signals";
import type { Summary } from "../../protocol/index.ts";
import type { Board } from "../batch/board.ts";
import { type ProgressEventDetail, dispatch } from "./events.ts";

/**
 * Tells an element's listeners how the batch of `board` fares.
 *
 * @returns ends it
 */
export function dispatchProgress(element: HTMLElement, board: Board): () => void {
  let before: ProgressEventDetail | null = null;
  let ending: Summary | null = null;
  const dispatchAll = (now: ProgressEventDetail, summary: Summary | null): void => {
    if (hasProgressed(before, now)) dispatch(element, "tallyman:progress", (before = now));
    // After the progress that led there, and once for each end.
    if (summary !== null && summary !== ending) dispatch(element, "tallyman:completed", summary);
    ending = summary;
  };
  const endProgress = effect(() => {
    void board.changed.value;
    const summary = board.summary.value;
    // What listeners do with the element is no reason to tell them again.
    untracked(() => dispatchAll(progressOf(board), summary));
  });
  const endProblems = board.view.on("problem", (problem) =>
    dispatch(element, "tallyman:problem", problem),
  );
  return () => {
    endProgress();
    endProblems();
  };
}

function progressOf({ ledger }: Board): ProgressEventDetail {
  const { percentComplete, totals } = ledger;
  return { percentComplete, percentSent: Math.max(percentComplete, ledger.percentSent), totals };
}

function hasProgressed(before: ProgressEventDetail | null, now: ProgressEventDetail): boolean {
  if (before === null) return now.totals.files > 0;
  return before.totals !== now.totals || before.percentSent !== now.percentSent;
}
