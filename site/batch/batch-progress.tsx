import type { ComponentChildren, ComponentType } from "preact";
import type { Board } from "./board.ts";
import { Announcer } from "./announcer.tsx";
import { BatchNote } from "./batch-note.tsx";
import { CountPanel } from "./count-panel.tsx";
import { Figures } from "./figures.tsx";
import type { ReportActionsProps } from "./report-actions.tsx";
import { Summary } from "./summary.tsx";

export interface BatchProgressProps {
  board: Board;
  /** Has everything stopped moving that the reader can move? */
  isOver: boolean;
  /** Declares again what could not be declared; null where there is nothing of that kind. */
  onAgain?: (() => void) | null;
  /** Sends again all failed files that are worth it; null where the reader only watches. */
  onRetry?: (() => void) | null;
  /** Shows the failed files; null where there is no list of them. */
  onShowFailed?: (() => void) | null;
  /** Takes the summary along; null where there is no need for that. */
  Report?: ComponentType<ReportActionsProps> | null;
  /** What the reader can do with the batch. */
  children?: ComponentChildren;
}

/**
 * How far one batch is: what is wrong with it, the count, the figures, and how it ended. The one
 * component for that: the page, the elements and other people's apps all show it.
 */
export function BatchProgress(props: BatchProgressProps) {
  const { board, isOver, onAgain = null, onRetry = null, onShowFailed = null } = props;
  return (
    <>
      <BatchNote board={board} onRetry={onAgain} />
      <CountPanel board={board} />
      <div class="dashboard">
        <Figures board={board} />
        {props.children}
      </div>
      <Summary
        board={board}
        isOver={isOver}
        onShowFailed={onShowFailed}
        onRetry={onRetry}
        Report={props.Report ?? null}
      />
      <Announcer board={board} />
    </>
  );
}
