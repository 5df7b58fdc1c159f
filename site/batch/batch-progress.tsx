import { useComputed, useSignal, useSignalEffect } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useRef } from "preact/hooks";
import { words } from "../i18n/index.ts";
import { outcomeText } from "../i18n/outcome-text.ts";
import { BatchNote } from "./batch-note.tsx";
import type { Board } from "./board.ts";
import { BatchBar } from "./batch-bar.tsx";
import { type FailureActions, FailureLine } from "./failure-line.tsx";
import { Hero } from "./hero.tsx";
import { milestone } from "./milestones.ts";
import { Outcome } from "./outcome.tsx";
import { Picture } from "./picture.tsx";

export interface BatchProgressProps {
  board: Board;
  /** True if nothing is being sent from here any more. Shows the summary of what failed. */
  isOver: boolean;
  /** Actions on failed files; null for viewers. */
  failureActions?: FailureActions | null;
  /** Buttons that act on the batch. */
  children?: ComponentChildren;
}

/** The progress of a batch: its problem, if any, the count, the picture, the bar, and what failed. */
export function BatchProgress({
  board,
  isOver,
  failureActions = null,
  children,
}: BatchProgressProps) {
  const hasFiles = useComputed(() => board.fileCount.value > 0).value;
  return (
    <>
      <BatchNote board={board} />
      <Hero board={board} />
      {hasFiles && <Picture board={board} />}
      {hasFiles && <BatchBar board={board} />}
      <FailureLine board={board} isOver={isOver} actions={failureActions} />
      {children}
      <Outcome board={board} isOver={isOver} isSender={failureActions !== null} />
      <Announcer board={board} />
    </>
  );
}

/** Announces milestones to screen readers; every single file would be too much. */
function Announcer({ board }: { board: Board }) {
  const announcement = useSignal("");
  const before = useRef(board.bar.confirmed.peek());
  const failedBefore = useRef(board.counts.peek().failed);
  const announced = useRef(board.pending.added);
  useSignalEffect(() => {
    const { failed, completed } = board.counts.value;
    const reached = milestone(before.current, board.bar.confirmed.value);
    if (reached !== null && !board.hasEnded.value) {
      announcement.value = words.milestones.percent(reached, completed, board.fileCount.value);
    } else if (failedBefore.current === 0 && failed > 0) {
      announcement.value = words.milestones.firstFailure;
    }
    before.current = board.bar.confirmed.value;
    failedBefore.current = failed;
  });
  useSignalEffect(() => {
    void board.changed.value;
    // Files that are listed when a batch is opened are no news, neither to viewers nor after a reload.
    const added = board.isGrowing.value ? 0 : board.pending.added - announced.current;
    if (added > 0) announcement.value = words.drop.added(added);
    announced.current += added;
  });
  useSignalEffect(() => {
    const { failed } = board.counts.value;
    const failures = failed > 0 ? ` ${words.summary.failed(failed)}` : "";
    if (board.hasEnded.value) announcement.value = `${outcomeText(board)}${failures}`;
  });
  return (
    <p class="visually-hidden" role="status">
      {announcement}
    </p>
  );
}
