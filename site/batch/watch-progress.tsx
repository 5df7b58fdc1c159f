import type { ComponentType } from "preact";
import type { Board } from "./board.ts";
import { words } from "../i18n/index.ts";
import { BatchNote } from "./batch-note.tsx";
import { BatchProgress } from "./batch-progress.tsx";
import { Opening } from "./opening.tsx";
import type { ReportActionsProps } from "./report-actions.tsx";

interface WatchProgressProps {
  board: Board;
  /** Shows the failed files; null where there is no list of them. */
  onShowFailed?: (() => void) | null;
  /** Takes the summary along; null where there is no need for that. */
  Report?: ComponentType<ReportActionsProps> | null;
}

/** How far a batch is, for those who only watch. */
export function WatchProgress({ board, onShowFailed = null, Report = null }: WatchProgressProps) {
  if (board.batch.value === null) {
    return (
      <Opening isBroken={board.problem.value !== null}>
        <BatchNote board={board} onRetry={null} />
      </Opening>
    );
  }
  return (
    <>
      {board.fileCount.value === 0 && (
        <p class="note" part="note">
          {words.watch.empty}
        </p>
      )}
      <BatchProgress
        board={board}
        isOver={board.hasEnded.value}
        onShowFailed={onShowFailed}
        Report={Report}
      />
    </>
  );
}
