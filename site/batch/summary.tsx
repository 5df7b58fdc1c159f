import { useComputed } from "@preact/signals";
import type { ComponentType } from "preact";
import type { Board } from "./board.ts";
import { type FailureGroup, failureGroups } from "./failures.ts";
import { outcomeText } from "../i18n/outcome-text.ts";
import { words } from "../i18n/index.ts";
import { Heading, usePartRole } from "../ui/heading.tsx";
import type { ReportActionsProps } from "./report-actions.tsx";
import { isWorthRetrying } from "../../client/index.ts";

interface SummaryProps {
  board: Board;
  /** Has everything stopped moving that this page can move? */
  isOver: boolean;
  /** Null where there is no list to show them in. */
  onShowFailed: (() => void) | null;
  /** Null where the reader only watches. */
  onRetry: (() => void) | null;
  /** Takes the summary along; null where there is no need for that. */
  Report: ComponentType<ReportActionsProps> | null;
}

/** How it ended: what failed and why, and what to do about it; what is stored. */
export function Summary({ board, isOver, onShowFailed, onRetry, Report }: SummaryProps) {
  const role = usePartRole();
  const groups = useComputed(() => groupsOf(board));
  if (!isOver) return null;
  if (!board.hasEnded.value && groups.value.length === 0) return null;
  return (
    <section class="summary" part="summary" role={role} aria-label={words.summary.title}>
      <p class="ending">{outcomeText(board)}</p>
      {groups.value.length > 0 && (
        <div class="failures">
          {groups.value.map((group) => (
            <Failure key={group.code} group={group} board={board} />
          ))}
        </div>
      )}
      <div class="actions">
        <FailureActions groups={groups.value} onShow={onShowFailed} onRetry={onRetry} />
        {Report && <Report board={board} groups={groups.value} outcome={outcomeText(board)} />}
      </div>
    </section>
  );
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
      <p>{words.problem(group.code)}</p>
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

interface FailureActionsProps {
  groups: readonly FailureGroup[];
  /** Null where there is no list to show them in. */
  onShow: (() => void) | null;
  /** Null where the reader only watches. */
  onRetry: (() => void) | null;
}

/** What to do about failed files. */
function FailureActions({ groups, onShow, onRetry }: FailureActionsProps) {
  const retryable = groups
    .filter((group) => isWorthRetrying(group.code))
    .reduce((sum, group) => sum + group.count, 0);
  if (groups.length === 0) return null;
  return (
    <>
      {onRetry && retryable > 0 && (
        <button type="button" class="primary" part="button primary" onClick={onRetry}>
          {words.summary.retry(retryable)}
        </button>
      )}
      {onShow && (
        <button type="button" part="button" onClick={onShow}>
          {words.summary.showFailed}
        </button>
      )}
    </>
  );
}
