import { useComputed } from "@preact/signals";
import { useContext } from "preact/hooks";
import { isWorthRetrying } from "../../client/index.ts";
import { words } from "../i18n/index.ts";
import { outcomeText } from "../i18n/outcome-text.ts";
import { Heading, usePartRole } from "../ui/heading.tsx";
import { shownName } from "../ui/shown-name.ts";
import type { Board } from "./board.ts";
import { type FailureGroup, failureGroups } from "./failures.ts";
import { keepingText } from "./keeping-text.ts";
import { PageExtras } from "./page-extras.ts";

interface FailureLineProps {
  board: Board;
  /** True if nothing is being sent from here any more. */
  isOver: boolean;
  /** Retries failed files; null for viewers, who can't. */
  onRetry: (() => void) | null;
  /** Cancels the failed files that keep the batch open; null for viewers. */
  onFinishWithout: (() => void) | null;
}

/** The outcome of a batch: what is stored, what failed and why, and what to do about it. */
export function FailureLine({ board, isOver, onRetry, onFinishWithout }: FailureLineProps) {
  const role = usePartRole();
  const extras = useContext(PageExtras);
  const groups = useComputed(() => groupsOf(board)).value;
  if (!isOver || (!board.hasEnded.value && groups.length === 0)) return null;
  const outcome = outcomeText(board);
  return (
    <section class="summary" part="summary" role={role} aria-label={words.summary.title}>
      <p class="outcome">{outcome}</p>
      <Keeping board={board} isSender={onRetry !== null} />
      {groups.length > 0 && (
        <div class="failures">
          {groups.map((group) => (
            <Failure key={group.code} group={group} board={board} />
          ))}
        </div>
      )}
      <div class="actions">
        {onRetry && <RetryButton groups={groups} onRetry={onRetry} />}
        {onFinishWithout && <FinishButton board={board} onFinishWithout={onFinishWithout} />}
        {extras && groups.length > 0 && (
          <button type="button" onClick={extras.showFailed}>
            {words.summary.showFailed}
          </button>
        )}
        {extras && <extras.Report board={board} groups={groups} outcome={outcome} />}
      </div>
    </section>
  );
}

/** How long the files of the ended batch stay. */
function Keeping({ board, isSender }: { board: Board; isSender: boolean }) {
  const batch = board.hasEnded.value ? board.batch.value : null;
  const text = keepingText(batch, isSender, words.keeping);
  return text === null ? null : <p>{text}</p>;
}

function groupsOf(board: Board): FailureGroup[] {
  void board.tick.value;
  return board.counts.value.failed === 0 ? [] : failureGroups(board.ledger);
}

function Failure({ group, board }: { group: FailureGroup; board: Board }) {
  const unnamed = group.count - group.first.length;
  return (
    <div class="failure">
      <Heading below={1} class="failure-count">
        {words.summary.failed(group.count)}
      </Heading>
      <p>{words.problem(group.code, board.ledger.networkLimit)}</p>
      <ul>
        {group.first.map((file) => (
          <li key={file}>
            <bdi>{shownName(board.ledger.name(file))}</bdi>
          </li>
        ))}
        {unnamed > 0 && <li>{words.summary.more(unnamed)}</li>}
      </ul>
    </div>
  );
}

interface FinishButtonProps {
  board: Board;
  onFinishWithout: () => void;
}

/** Ends the batch without the failed files that keep it open, if there are any. */
function FinishButton({ board, onFinishWithout }: FinishButtonProps) {
  if (board.ledger.localFailures.size === 0) return null;
  return (
    <button type="button" part="button" onClick={onFinishWithout}>
      {words.summary.finishWithout}
    </button>
  );
}

interface RetryButtonProps {
  groups: readonly FailureGroup[];
  onRetry: () => void;
}

function RetryButton({ groups, onRetry }: RetryButtonProps) {
  const retryable = groups
    .filter((group) => isWorthRetrying(group.code))
    .reduce((sum, group) => sum + group.count, 0);
  if (retryable === 0) return null;
  return (
    <button type="button" class="primary" part="button primary" onClick={onRetry}>
      {words.summary.retry(retryable)}
    </button>
  );
}
