import { useComputed, useSignalEffect } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Board } from "../batch/board.ts";
import { words } from "../i18n/page.ts";
import { tallyIcon } from "./tab-icon.ts";

const ICON = "/icon.svg";

/** Shows progress in the tab's title and icon. */
export function TabStatus({ board }: { board: Board }) {
  const title = useComputed(() => titleOf(board));
  const icon = useComputed(() =>
    tallyIcon(board.bar.confirmed.value, board.counts.value.failed > 0),
  );
  useSignalEffect(() => void (document.title = title.value));
  useSignalEffect(() => setIcon(icon.value));
  useEffect(() => reset, []);
  return null;
}

function titleOf(board: Board): string {
  const { failed, completed, processing } = board.counts.value;
  if (!board.hasEnded.value && !board.isSafe.value)
    return words.tab.running(board.bar.confirmed.value);
  return failed > 0 ? words.tab.failed(failed) : words.tab.done(completed + processing);
}

function setIcon(href: string): void {
  document.querySelector("link[rel=icon]")?.setAttribute("href", href);
}

function reset(): void {
  document.title = words.name;
  setIcon(ICON);
}
