import { useComputed } from "@preact/signals";
import { format, words } from "../i18n/index.ts";
import { Heading, usePartRole } from "../ui/heading.tsx";
import type { Board } from "./board.ts";
import { Figures } from "./figures.tsx";

/** The number of stored files, percent, bytes, speed and time left. */
export function Hero({ board }: { board: Board }) {
  const role = usePartRole();
  return (
    <section class="hero" part="count" role={role} aria-label={words.count.label}>
      <Headline board={board} />
      <Figures board={board} />
    </section>
  );
}

function Headline({ board }: { board: Board }) {
  const stored = useComputed(() => format.number(board.counts.value.completed));
  const all = useComputed(() => words.count.of(board.fileCount.value));
  const percent = useComputed(() => percentText(board));
  return (
    <div class="headline">
      <Heading class="headline-count">
        <span class="stored-count">{stored}</span> <span class="file-count">{all}</span>
      </Heading>
      <p class="percent" aria-hidden="true">
        {percent}
      </p>
    </div>
  );
}

function percentText({ isGrowing, bar }: Board): string {
  return isGrowing.value ? "" : format.percent(bar.confirmed.value);
}
