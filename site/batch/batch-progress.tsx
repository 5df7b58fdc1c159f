import type { ComponentChildren, ComponentType } from "preact";
import type { Board } from "./board.ts";
import { BatchNote } from "./batch-note.tsx";
import { CountPanel } from "./count-panel.tsx";
import { Figures } from "./figures.tsx";
import type { ReportActionsProps } from "./report-actions.tsx";
import { Summary } from "./summary.tsx";
import { useSignal, useSignalEffect } from "@preact/signals";
import { useRef } from "preact/hooks";
import { milestone } from "./milestones.ts";
import { outcomeText } from "../i18n/outcome-text.ts";
import { words } from "../i18n/index.ts";

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

/** Says milestones to those who do not see the count: never every file. */
function Announcer({ board }: { board: Board }) {
  const said = useSignal("");
  const before = useRef(board.bar.confirmed.peek());
  const failedBefore = useRef(board.counts.peek().failed);
  useSignalEffect(() => {
    const { failed, completed } = board.counts.value;
    const mark = milestone(before.current, board.bar.confirmed.value);
    if (mark !== null && !board.hasEnded.value) {
      said.value = words.milestones.percent(mark, completed, board.fileCount.value);
    } else if (failedBefore.current === 0 && failed > 0) {
      said.value = words.milestones.firstFailure;
    }
    before.current = board.bar.confirmed.value;
    failedBefore.current = failed;
  });
  useSignalEffect(() => {
    const added = board.isGrowing.value ? 0 : board.listedCount.value;
    if (added > 0) said.value = words.drop.added(added);
  });
  useSignalEffect(() => {
    const { failed } = board.counts.value;
    const failures = failed > 0 ? ` ${words.summary.failed(failed)}` : "";
    if (board.hasEnded.value) said.value = `${outcomeText(board)}${failures}`;
  });
  return (
    <p class="unseen" role="status">
      {said}
    </p>
  );
}
