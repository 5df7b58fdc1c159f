import { useComputed } from "@preact/signals";
import type { Summary as BatchSummary } from "../../protocol/index.ts";
import type { Board } from "../state/board.ts";
import { type FailureGroup, failureGroups } from "../state/failures.ts";
import { words } from "../words/index.ts";
import { problemWords } from "../words/problem-words.ts";
import { FailureActions } from "./failure-actions.tsx";

interface SummaryProps {
  board: Board;
  /** Has everything stopped moving that this page can move? */
  isOver: boolean;
  /** Null where there is no list to show them in. */
  onShowFailed: (() => void) | null;
  /** Null where the reader only watches. */
  onRetry: (() => void) | null;
}

/** How it ended: what is stored, what failed and why, and what to do about it. */
export function Summary({ board, isOver, onShowFailed, onRetry }: SummaryProps) {
  const groups = useComputed(() => groupsOf(board));
  if (!isOver) return null;
  const summary = board.summary.value;
  return (
    <section class="summary" aria-label={words.summary.title}>
      {summary && board.ended.value && <Ending summary={summary} />}
      {groups.value.length > 0 && (
        <>
          <div class="failures">
            {groups.value.map((group) => (
              <Failure key={group.code} group={group} board={board} />
            ))}
          </div>
          <FailureActions groups={groups.value} onShow={onShowFailed} onRetry={onRetry} />
        </>
      )}
    </section>
  );
}

function groupsOf(board: Board): FailureGroup[] {
  void board.beat.value;
  return board.counts.value.failed === 0 ? [] : failureGroups(board.ledger);
}

function Ending({ summary }: { summary: BatchSummary }) {
  const { files, completed, cancelled, bytes, durationMs } = summary;
  const { allDone, someDone, took } = words.summary;
  return (
    <p class="ending">
      <strong>{completed === files ? allDone(files) : someDone(completed, files)}</strong>{" "}
      {completed > 0 && took(bytes, durationMs / 1000)}{" "}
      {cancelled > 0 && words.summary.cancelled(cancelled)}
    </p>
  );
}

function Failure({ group, board }: { group: FailureGroup; board: Board }) {
  const unnamed = group.count - group.first.length;
  return (
    <div class="failure">
      <h2>{words.summary.failed(group.count)}</h2>
      <p>{problemWords(group.code)}</p>
      <ul>
        {group.first.map((file) => (
          <li key={file}>
            <bdi>{board.ledger.name(file)}</bdi>
          </li>
        ))}
        {unnamed > 0 && <li>{words.summary.more(unnamed)}</li>}
      </ul>
    </div>
  );
}
