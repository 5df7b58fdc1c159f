import type { Board } from "../batch/board.ts";
import { words } from "../i18n/page.ts";
import { Connection } from "../batch/connection.tsx";
import { TallyMark } from "../tally/tally-mark.tsx";

/** The top of the page. It stays in sight, and with it how far the batch has come. */
export function Masthead({ board }: { board: Board | null }) {
  return (
    <header class="masthead">
      <a class="brand" href="/">
        <TallyMark />
        {words.name}
      </a>
      {board && <Connection board={board} />}
    </header>
  );
}
