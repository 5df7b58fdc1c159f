import type { ReadonlySignal } from "@preact/signals";
import { useContext, useMemo } from "preact/hooks";
import { mayBeDeclared } from "../../client/undeclared-files.ts";
import { words } from "../i18n/index.ts";
import { ListedFiles } from "../list/listed-files.ts";
import { usePartRole } from "../ui/heading.tsx";
import { shownName } from "../ui/shown-name.ts";
import type { Board } from "./board.ts";
import { failedCount, type FailureGroup, firstFailed } from "./failures.ts";
import { PageExtras } from "./page-extras.ts";

/** The sender's actions on failed files. Viewers have none. */
export interface FailureActions {
  retry: () => void;
  /** Cancels or gives up the failed files that keep the batch open. */
  finishWithout: () => void;
}

interface FailureLineProps {
  board: Board;
  groups: ReadonlySignal<readonly FailureGroup[]>;
  /** True if nothing is being sent from here any more. */
  isOver: boolean;
  actions: FailureActions | null;
}

/** The files that failed: how many, why, and what to do about them, as soon as one has failed. */
export function FailureLine({
  board,
  groups: { value: groups },
  isOver,
  actions,
}: FailureLineProps) {
  const role = usePartRole();
  const files = useMemo(() => new ListedFiles(board), [board]);
  // The place stays when the last failure goes, and with it that of a button which had the focus.
  return (
    <div class="failure-place">
      {groups.length > 0 && (
        <section class="failure-line" part="failures" role={role} aria-label={words.failures.title}>
          <Reasons board={board} files={files} groups={groups} />
          {actions === null ? (
            <SenderNote groups={groups} />
          ) : (
            <Buttons board={board} isOver={isOver} groups={groups} actions={actions} />
          )}
        </section>
      )}
    </div>
  );
}

interface GroupsProps {
  board: Board;
  groups: readonly FailureGroup[];
}

/** The number of failed files, and the reason once; one line for each if there are several. */
function Reasons({ board, files, groups }: GroupsProps & { files: ListedFiles }) {
  const [first, second] = groups;
  const count = failedCount(groups);
  return (
    <div class="failure-text">
      <p>
        <strong class="failure-count">{words.summary.failed(count)}</strong>
        {count === 1 && first && <FileName name={files.name(first.first)} />}
        {first && !second && <> {reasonOf(board, first)}</>}
      </p>
      {second && <ReasonList board={board} groups={groups} />}
    </div>
  );
}

function FileName({ name }: { name: string }) {
  return (
    <>
      {" "}
      <bdi class="failure-name">{shownName(name)}</bdi>
    </>
  );
}

/** Reasons that are listed one by one. If there are more, the last line counts the others. */
const REASONS = 3;

function ReasonList({ board, groups }: GroupsProps) {
  const listed = groups.length > REASONS ? groups.slice(0, REASONS - 1) : groups;
  const others = groups.slice(listed.length);
  return (
    <ul class="failure-reasons">
      {listed.map((group) => (
        <li key={group.code}>{words.failures.reason(group.count, reasonOf(board, group))}</li>
      ))}
      {others.length > 0 && <li>{words.failures.others(failedCount(others), others.length)}</li>}
    </ul>
  );
}

function reasonOf({ ledger }: Board, { code, count }: FailureGroup): string {
  return words.problem(code, ledger.networkLimit, count);
}

function SenderNote({ groups }: { groups: readonly FailureGroup[] }) {
  const retryable = retryableCount(groups);
  return retryable === 0 ? null : <p>{words.failures.senderCanRetry(retryable)}</p>;
}

interface ButtonsProps extends GroupsProps {
  isOver: boolean;
  actions: FailureActions;
}

function Buttons({ board, isOver, groups, actions }: ButtonsProps) {
  const extras = useContext(PageExtras);
  const retryable = retryableCount(groups);
  const waiting = isOver ? waitingCount(board) : 0;
  const first = firstFailed(groups);
  return (
    <div class="actions">
      {retryable > 0 && (
        <button type="button" class="primary" part="button primary" onClick={actions.retry}>
          {words.failures.retry(retryable)}
        </button>
      )}
      {waiting > 0 && (
        <button type="button" part="button" onClick={actions.finishWithout}>
          {words.failures.finishWithout(waiting)}
        </button>
      )}
      {extras && first !== null && (
        <button type="button" onClick={() => extras.showFailed(first)}>
          {words.failures.show(failedCount(groups))}
        </button>
      )}
    </div>
  );
}

/** Returns the number of failed files that keep the batch open. */
function waitingCount({ ledger, pending, batch }: Board): number {
  const undeclared = batch.value?.sealed === true ? 0 : pending.refused.size;
  return ledger.localFailures.size + undeclared;
}

function retryableCount(groups: readonly FailureGroup[]): number {
  return failedCount(groups.filter(({ code }) => mayBeDeclared(code)));
}
