import type { Board } from "../state/board.ts";
import { words } from "../words/page.ts";
import { Connection } from "./connection.tsx";
import { TallyMark } from "./tally-mark.tsx";

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
