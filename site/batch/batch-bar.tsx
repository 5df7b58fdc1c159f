import { useComputed } from "@preact/signals";
import { words } from "../i18n/index.ts";
import { TwoToneBar } from "../ui/two-tone-bar.tsx";
import type { Board } from "./board.ts";

/** The progress of the whole batch as a bar. */
export function BatchBar({ board }: { board: Board }) {
  const { confirmed, sent } = board.bar;
  const text = useComputed(() => words.count.value(confirmed.value, sent.value));
  return (
    <div class="overall" part="overall">
      <TwoToneBar label={words.count.label} text={text} sent={sent} confirmed={confirmed} />
    </div>
  );
}
