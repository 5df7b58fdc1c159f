import { useComputed } from "@preact/signals";
import type { Board } from "./board.ts";
import { words } from "../i18n/index.ts";

type Shown = keyof typeof words.connection;

/** How the live events are doing, or null when there is nothing to tell any more. */
function shownConnection(board: Board): Shown | null {
  const connection = board.connection.value;
  if (board.hasEnded.value || board.problem.value !== null) return null;
  return connection === "connecting" && board.wasLive.value ? "reconnecting" : connection;
}

/** Says calmly whether what the page shows is live, or why nothing moves at the moment. */
export function Connection({ board }: { board: Board }) {
  const shown = useComputed(() => shownConnection(board)).value;
  const asked = board.retryAfterMs.value;
  return (
    <p class="connection" role="status" data-connection={asked === null ? shown : "asked"}>
      {asked === null
        ? shown && words.connection[shown]
        : words.rateLimited(Math.ceil(asked / 1000))}
    </p>
  );
}
