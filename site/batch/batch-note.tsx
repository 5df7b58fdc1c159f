import { useComputed } from "@preact/signals";
import { useContext } from "preact/hooks";
import { Announcement } from "../announce/announcement.tsx";
import { words } from "../i18n/index.ts";
import type { Board } from "./board.ts";
import { PageExtras } from "./page-extras.ts";

/** A note about the whole batch: that the operator has blocked it, its problem, or its state. */
export function BatchNote({ board }: { board: Board }) {
  const problem = board.problem.value;
  const retry = board.retryAdding.value;
  const extras = useContext(PageExtras);
  const state = useComputed(() => board.batch.value?.state).value;
  const isBlocked = useComputed(() => board.batch.value?.blocked === true).value;
  // The refused uploads have a problem as well, which says less.
  if (isBlocked) return <StateNote text={words.batch.blocked} />;
  if (problem !== null) {
    const isCreation = retry !== null && state === undefined;
    return (
      <div class="note is-problem" part="note problem" role="alert" data-code={problem.code}>
        <p>
          {isCreation && extras ? extras.creationProblem(problem) : words.problem(problem.code)}
        </p>
        {retry && (
          <button type="button" part="button" onClick={retry}>
            {words.batch.retry}
          </button>
        )}
      </div>
    );
  }
  if (board.isSafe.value) return <StateNote text={words.batch.processing} said={safeText(board)} />;
  return board.isCancelled.value ? <StateNote text={words.batch.cancelled} /> : null;
}

/** The hero shows that all is safe, and the note what else there is to know. */
function safeText({ counts, fileCount, fileKind }: Board): string {
  const { completed, processing } = counts.value;
  const safe = words.hero.safe(completed + processing, fileCount.value, fileKind.value);
  return `${safe} ${words.batch.processing}`;
}

/** @param said text to announce */
function StateNote({ text, said = text }: { text: string; said?: string }) {
  return (
    <p class="note" part="note">
      {text}
      <Announcement text={said} importance="outcome" />
    </p>
  );
}
