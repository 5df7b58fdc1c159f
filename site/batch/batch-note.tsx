import { useComputed } from "@preact/signals";
import type { Board } from "./board.ts";
import { words } from "../i18n/index.ts";

interface BatchNoteProps {
  board: Board;
  /** What the reader can do about a problem, if anything. */
  onRetry: (() => void) | null;
}

/** What concerns the whole batch: a problem that ended it, or that somebody paused or cancelled it. */
export function BatchNote({ board, onRetry }: BatchNoteProps) {
  const problem = board.problem.value;
  const state = useComputed(() => board.batch.value?.state).value;
  if (problem !== null) {
    return (
      <div class="note is-problem" part="note problem" role="alert" data-code={problem.code}>
        <p>{words.problem(problem.code)}</p>
        {onRetry && (
          <button type="button" part="button" onClick={onRetry}>
            {words.batch.retry}
          </button>
        )}
      </div>
    );
  }
  if (state !== "paused" && state !== "cancelled") return null;
  return (
    <p class="note" part="note" role="status">
      {words.batch[state]}
    </p>
  );
}
