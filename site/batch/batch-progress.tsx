import { useComputed } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { BatchNote } from "./batch-note.tsx";
import type { Board } from "./board.ts";
import { BatchBar } from "./batch-bar.tsx";
import { type FailureActions, FailureLine } from "./failure-line.tsx";
import { Hero } from "./hero.tsx";
import { lastingFailures } from "./failures.ts";
import { Milestones } from "./milestones.tsx";
import { followMovement } from "./movement.ts";
import { Outcome } from "./outcome.tsx";
import { Picture } from "./picture.tsx";
import { startMeter } from "./speed-meter.ts";

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
  useEffect(() => startMeter(board), [board]);
  useEffect(() => followMovement(board), [board]);
  const failures = useComputed(() => lastingFailures(board));
  const hasFiles = useComputed(() => board.fileCount.value > 0).value;
  return (
    <>
      <BatchNote board={board} />
      <Hero board={board} />
      {hasFiles && <Picture board={board} />}
      {hasFiles && <BatchBar board={board} />}
      <FailureLine board={board} groups={failures} isOver={isOver} actions={failureActions} />
      {children}
      <Outcome board={board} isOver={isOver} isSender={failureActions !== null} />
      <Milestones board={board} failures={failures} />
    </>
  );
}
