import { type ReadonlySignal, useSignal, useSignalEffect } from "@preact/signals";
import { useRef } from "preact/hooks";
import { Announcement } from "../announce/announcement.tsx";
import { format, words } from "../i18n/index.ts";
import { outcomeText } from "../i18n/outcome-text.ts";
import type { Board } from "./board.ts";
import { storedCount } from "./counts.ts";
import { failedCount, type FailureGroup } from "./failures.ts";
import { isBoardOver } from "./is-over.ts";
import { milestone } from "./milestone.ts";

interface MilestonesProps {
  board: Board;
  /** Files that have failed, and are not retried by themselves. */
  failures: ReadonlySignal<readonly FailureGroup[]>;
}

/** Announces milestones to screen readers; every single file would be too much. */
export function Milestones({ board, failures }: MilestonesProps) {
  return (
    <>
      <Announcement text={useProgress(board)} importance="progress" />
      <Announcement text={useNews(board, failures)} importance="outcome" />
    </>
  );
}

/** Returns the last milestone of the bar, or how many files were added. */
function useProgress(board: Board): string {
  const text = useSignal("");
  const before = useRef(board.bar.confirmed.peek());
  useSignalEffect(() => {
    const confirmed = board.bar.confirmed.value;
    const reached = milestone(before.current, confirmed);
    before.current = confirmed;
    if (reached === null || board.hasEnded.value) return;
    const stored = words.hero.filesStored(storedCount(board.counts.value), board.fileCount.value);
    text.value = `${format.percent(reached)}: ${stored}.`;
  });
  // Files that are listed when a batch is opened are no news. Those that are added here are, also those that
  // came before the code of this component.
  const announced = useRef(0);
  useSignalEffect(() => {
    void board.changed.value;
    // The same number of files may be added twice.
    if (board.isGrowing.value) text.value = "";
    const added = board.isGrowing.value ? 0 : board.pending.added - announced.current;
    if (added > 0) text.value = words.drop.added(added);
    announced.current += added;
  });
  return text.value;
}

/** Returns how many files failed at first, or what came of all files. */
function useNews(board: Board, failures: MilestonesProps["failures"]): string {
  const text = useSignal("");
  const failedBefore = useRef(failedCount(failures.peek()));
  // A batch that is opened after its end is read, and its end is no news.
  const wasSettled = useRef(isSettled(board));
  useSignalEffect(() => {
    const failed = failedCount(failures.value);
    const settled = isSettled(board);
    wasSettled.current &&= settled;
    if (settled && !wasSettled.current) text.value = outcomeWithFailures(board);
    else if (failed === 0) text.value = "";
    else if (failedBefore.current === 0) text.value = words.summary.failed(failed);
    failedBefore.current = failed;
  });
  return text.value;
}

/** True if nothing more is sent: the batch has ended, or failed files keep it open. */
function isSettled(board: Board): boolean {
  const { processing, failed } = board.counts.value;
  return board.hasEnded.value || (failed > 0 && processing === 0 && isBoardOver(board));
}

function outcomeWithFailures(board: Board): string {
  const { failed } = board.counts.value;
  const failures = failed > 0 ? ` ${words.summary.failed(failed)}` : "";
  return `${outcomeText(board)}${failures}`;
}
