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

/** The rest of the outcome, as the hero says how many files are stored. */
export function Outcome({ board, isOver, isSender }: OutcomeProps) {
  const role = usePartRole();
  const extras = useContext(PageExtras);
  const sentences = useComputed(() => sentencesOf(board, isSender)).value;
  if (!isOver || (!board.hasEnded.value && board.counts.value.failed === 0)) return null;
  if (sentences.length === 0 && extras === null) return null;
  return (
    <section class="summary" part="summary" role={role} aria-label={words.summary.title}>
      {sentences.map((sentence) => (
        <p key={sentence}>{sentence}</p>
      ))}
      {extras && (
        <div class="actions">
          <extras.Report board={board} outcome={outcomeText(board)} />
        </div>
      )}
    </section>
  );
}

/** Returns what was cancelled, what was checked, and how long the files stay. */
function sentencesOf(board: Board, isSender: boolean): string[] {
  const { cancelled, completed } = board.counts.value;
  const batch = board.hasEnded.value && completed > 0 ? board.batch.value : null;
  const sentences = [
    cancelled > 0 ? words.summary.cancelled(cancelled) : null,
    isChecked(board) ? words.summary.checked(completed) : null,
    keepingText(batch, isSender, words.keeping),
  ];
  return sentences.filter((sentence) => sentence !== null);
}

/** True if the stored files are those of this device: all of them were compared. */
function isChecked(board: Board): boolean {
  // The response to the last request may arrive after the news that the batch has ended.
  void board.tick.value;
  return board.hasEnded.value && isEveryFileChecked(board.ledger);
}
