import { useComputed } from "@preact/signals";
import { words } from "../i18n/index.ts";
import type { Board } from "./board.ts";

type ConnectionText = keyof typeof words.connection;

/** Returns the state of the live connection; null if it no longer matters. */
function connectionOf(board: Board): ConnectionText | null {
  const connection = board.connection.value;
  if (board.hasEnded.value || board.problem.value !== null) return null;
  return connection === "connecting" && board.wasLive.value ? "reconnecting" : connection;
}

/** Shows whether the page is live, or why nothing moves: offline or rate-limited. */
export function Connection({ board }: { board: Board }) {
  const connection = useComputed(() => connectionOf(board)).value;
  const waitMs = board.retryAfterMs.value;
  return (
    <p
      class="connection"
      role="status"
      data-connection={waitMs === null ? connection : "ratelimited"}
    >
      {waitMs === null
        ? connection && words.connection[connection]
        : words.rateLimited(Math.ceil(waitMs / 1000))}
    </p>
  );
}
