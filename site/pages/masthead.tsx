import type { Board } from "../batch/board.ts";
import { Connection } from "../batch/connection.tsx";
import { words } from "../i18n/page.ts";
import { TallyMark } from "../tally/tally-mark.tsx";

/** The sticky header: name and connection. */
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
