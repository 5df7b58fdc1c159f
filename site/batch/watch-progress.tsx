import type { ComponentChildren } from "preact";
import { BatchNote } from "./batch-note.tsx";
import { BatchProgress } from "./batch-progress.tsx";
import type { Board } from "./board.ts";
import { Opening } from "./opening.tsx";

interface WatchProgressProps {
  board: Board;
  /** Buttons of the page for the files. */
  children?: ComponentChildren;
}

/** The progress of a batch, for viewers. */
export function WatchProgress({ board, children }: WatchProgressProps) {
  if (board.batch.value === null) {
    return (
      <Opening isBroken={board.problem.value !== null}>
        <BatchNote board={board} />
      </Opening>
    );
  }
  return (
    <BatchProgress board={board} isOver={board.hasEnded.value}>
      {children}
    </BatchProgress>
  );
}
