import type { ComponentType } from "preact";
import type { Board } from "./board.ts";
import { words } from "../i18n/index.ts";
import { BatchNote } from "./batch-note.tsx";
import { BatchProgress } from "./batch-progress.tsx";
import { Heading } from "../ui/heading.tsx";
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
  if (board.batch.value === null) return <Opening board={board} />;
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

function Opening({ board }: { board: Board }) {
  const isBroken = board.problem.value !== null;
  return (
    <>
      <div role="status">
        <Heading class="opening">{isBroken ? words.watch.broken : words.watch.loading}</Heading>
      </div>
      <BatchNote board={board} onRetry={null} />
    </>
  );
}
