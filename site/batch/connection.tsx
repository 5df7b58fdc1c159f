import { useComputed } from "@preact/signals";
import { words } from "../i18n/index.ts";
import type { Board } from "./board.ts";
import { liveFacts, liveState, secondsStill } from "./live-state.ts";

/** Shows whether the page is live, or why nothing moves. */
export function Connection({ board }: { board: Board }) {
  const state = useComputed(() => liveState(liveFacts(board)));
  const text = useComputed(() => textOf(board));
  const isChallenge = useComputed(
    () => state.value === "outage" && board.outage.value?.reason === "challenge",
  ).value;
  // One element for all states, as screen readers announce only what changes within it.
  return (
    <p class="connection" role="status" data-connection={state}>
      {text}
      {isChallenge && <ReloadButton />}
    </p>
  );
}

function textOf(board: Board): string {
  const facts = liveFacts(board);
  const state = liveState(facts);
  const { outage } = facts;
  if (state === null) return "";
  if (state === "outage") return outage ? words.outage[outage.reason](outage.since) : "";
  if (state === "ratelimited") return board.wait.value ? words.wait(board.wait.value) : "";
  if (state === "quiet" || state === "gone") return words.still[state](secondsStill(facts));
  return words.connection[state];
}

/** The check of a system in between appears only in place of a page. */
function ReloadButton() {
  return (
    <button type="button" class="quiet" part="button" onClick={() => location.reload()}>
      {words.outage.reload}
    </button>
  );
}
