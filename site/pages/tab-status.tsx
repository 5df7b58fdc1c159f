import { useComputed, useSignalEffect } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Board } from "../batch/board.ts";
import { isAllCancelled, isBoardOver } from "../batch/is-over.ts";
import { liveFacts, liveState } from "../batch/live-state.ts";
import { words } from "../i18n/page.ts";
import { shownName } from "../ui/shown-name.ts";
import { type TabState, tallyIcon } from "./tab-icon.ts";
import { tabState } from "./tab-state.ts";

const ICON = "/icon.svg";

/** Shows progress in the tab's title and icon. */
export function TabStatus({ board }: { board: Board }) {
  const state = useComputed(() => stateOf(board));
  const title = useComputed(() => titleOf(board, state.value));
  const icon = useComputed(() => tallyIcon(board.bar.confirmed.value, state.value));
  useSignalEffect(() => void (document.title = title.value));
  useSignalEffect(() => setIcon(icon.value));
  useEffect(() => reset, []);
  return null;
}

function stateOf(board: Board): TabState {
  const { failed } = board.counts.value;
  const isOver = isBoardOver(board);
  const isCancelled = board.isCancelled.value || (isOver && isAllCancelled(board.counts.value));
  return tabState({ isOver, isCancelled, failed, live: liveState(liveFacts(board)) });
}

function titleOf(board: Board, state: TabState): string {
  const { failed, completed, processing } = board.counts.value;
  const name = shownName(board.name.value) || words.name;
  if (state === "done") return words.tab.done(completed + processing, name);
  if (state === "failed") return words.tab.failed(failed, name);
  if (state === "cancelled") return words.tab.cancelled(name);
  return words.tab[state](board.bar.confirmed.value, name);
}

function setIcon(href: string): void {
  document.querySelector("link[rel=icon]")?.setAttribute("href", href);
}

function reset(): void {
  document.title = words.name;
  setIcon(ICON);
}
