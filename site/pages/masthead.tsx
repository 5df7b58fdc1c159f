import type { Board } from "../batch/board.ts";
import { words } from "../i18n/start.ts";
import { TallyMark } from "../tally/tally-mark.tsx";
import { batchView } from "./later-code.ts";

/** The sticky header: brand, the hero's short form, and the connection. */
export function Masthead({ board }: { board: Board | null }) {
  const view = batchView.module.value;
  return (
    <header class="masthead">
      <Brand board={board} />
      {board && view && (
        <>
          <view.MastheadHero board={board} />
          <view.Connection board={board} />
        </>
      )}
    </header>
  );
}

/** The stroke across the mark is drawn when a batch is done. A link that opens none has the whole mark. */
function Brand({ board }: { board: Board | null }) {
  const hasNone = board?.batch.value === null && board.problem.value !== null;
  const isDone = hasNone ? null : (board?.isFinished.value ?? null);
  return (
    <a class="brand" href="/" data-done={isDone}>
      <TallyMark />
      {words.name}
    </a>
  );
}
