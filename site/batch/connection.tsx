import { useComputed } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { words } from "../i18n/index.ts";
import type { Board } from "./board.ts";

type ConnectionText = keyof typeof words.connection;

/** Returns the state of the live connection; null if it no longer matters. */
function connectionOf(board: Board): ConnectionText | null {
  const connection = board.connection.value;
  const isOver = board.hasEnded.value || board.batch.value?.state === "cancelled";
  if (isOver || board.problem.value !== null) return null;
  return connection === "connecting" && board.wasLive.value ? "reconnecting" : connection;
}

/** Shows whether the page is live, or why nothing moves: an outage, or a rate limit. */
export function Connection({ board }: { board: Board }) {
  const outage = useComputed(() => (board.hasEnded.value ? null : board.outage.value)).value;
  const connection = useComputed(() => connectionOf(board)).value;
  const waitMs = board.retryAfterMs.value;
  if (outage !== null) {
    return (
      <Line state="offline">
        {words.outage[outage.reason](outage.since)}
        {outage.reason === "challenge" && <ReloadButton />}
      </Line>
    );
  }
  if (waitMs === null)
    return <Line state={connection}>{connection && words.connection[connection]}</Line>;
  return <Line state="ratelimited">{words.rateLimited(Math.ceil(waitMs / 1000))}</Line>;
}

interface LineProps {
  state: string | null;
  children: ComponentChildren;
}

/** One element for all states, as screen readers announce only what changes within it. */
function Line({ state, children }: LineProps) {
  return (
    <p class="connection" role="status" data-connection={state}>
      {children}
    </p>
  );
}

/** The check of a system in between appears only in place of a page. */
function ReloadButton() {
  return (
    <button type="button" class="quiet" part="button" onClick={() => location.reload()}>
      {words.outage.reload}
    </button>
  );
}
