import { useComputed } from "@preact/signals";
import { useContext } from "preact/hooks";
import { words } from "../i18n/index.ts";
import { outcomeText } from "../i18n/outcome-text.ts";
import { usePartRole } from "../ui/heading.tsx";
import type { Board } from "./board.ts";
import { isEveryFileChecked } from "./checked.ts";
import { keepingText } from "./keeping-text.ts";
import { PageExtras } from "./page-extras.ts";

interface OutcomeProps {
  board: Board;
  /** True if nothing is being sent from here any more. */
  isOver: boolean;
  isSender: boolean;
}

/** The outcome of a batch: what is stored, what was checked, and how long it stays. */
export function Outcome({ board, isOver, isSender }: OutcomeProps) {
  const role = usePartRole();
  const extras = useContext(PageExtras);
  if (!isOver || (!board.hasEnded.value && board.counts.value.failed === 0)) return null;
  const outcome = outcomeText(board);
  return (
    <section class="summary" part="summary" role={role} aria-label={words.summary.title}>
      <p class="outcome">{outcome}</p>
      <Checked board={board} />
      <Keeping board={board} isSender={isSender} />
      {extras && (
        <div class="actions">
          <extras.Report board={board} outcome={outcome} />
        </div>
      )}
    </section>
  );
}

/** Says that the stored files are those of this device, if all of them were compared. */
function Checked({ board }: { board: Board }) {
  const isChecked = useComputed(() => {
    // The response to the last request may arrive after the news that the batch has ended.
    void board.tick.value;
    return board.hasEnded.value && isEveryFileChecked(board.ledger);
  });
  if (!isChecked.value) return null;
  return <p>{words.summary.checked(board.counts.value.completed)}</p>;
}

/** How long the files of the ended batch stay. */
function Keeping({ board, isSender }: { board: Board; isSender: boolean }) {
  const batch = board.hasEnded.value ? board.batch.value : null;
  const text = keepingText(batch, isSender, words.keeping);
  return text === null ? null : <p>{text}</p>;
}
