import { effect, untracked } from "@preact/signals";
import type { Summary } from "../../protocol/index.ts";
import type { Board } from "../batch/board.ts";
import { type ProgressEventDetail, dispatch } from "./events.ts";

/**
 * Dispatches an element's events about the batch of `board`.
 *
 * @returns a function that stops it
 */
export function dispatchProgress(element: HTMLElement, board: Board): () => void {
  let before: ProgressEventDetail | null = null;
  let lastSummary: Summary | null = null;
  const dispatchAll = (now: ProgressEventDetail, summary: Summary | null): void => {
    if (hasProgressed(before, now)) dispatch(element, "tallyman:progress", (before = now));
    // After the progress that led to it, and once per completion, which a frame and a response both report.
    if (summary !== null && summary.completedAt !== lastSummary?.completedAt) {
      dispatch(element, "tallyman:completed", summary);
    }
    lastSummary = summary;
  };
  const stopProgress = effect(() => {
    void board.changed.value;
    const summary = board.summary.value;
    // Untracked, because listeners may read signals that must not cause further events.
    untracked(() => dispatchAll(progressOf(board), summary));
  });
  const { view } = board;
  const stops = [
    stopProgress,
    view.on("problem", (problem) => dispatch(element, "tallyman:problem", problem)),
    view.on("outage", (outage) => dispatch(element, "tallyman:outage", outage)),
    view.on("stored", (stored) => dispatch(element, "tallyman:stored", stored)),
    view.on("idle", (idle) => dispatch(element, "tallyman:idle", idle)),
  ];
  return () => {
    for (const stop of stops) stop();
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
