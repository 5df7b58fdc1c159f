import { useComputed } from "@preact/signals";
import { format, words } from "../i18n/index.ts";
import { TallyField } from "../tally/tally-field.tsx";
import { Heading, usePartRole } from "../ui/heading.tsx";
import { TwoToneBar } from "../ui/two-tone-bar.tsx";
import type { Board } from "./board.ts";

/** The number of stored files, the tally strokes and the overall progress bar. */
export function CountPanel({ board }: { board: Board }) {
  const { confirmed, sent } = board.bar;
  const role = usePartRole();
  const text = useComputed(() => words.count.value(confirmed.value, sent.value));
  return (
    <>
      <section class="count" part="count" role={role} aria-label={words.count.label}>
        <Headline board={board} />
        <TallyField board={board} />
      </section>
      <div class="overall" part="overall">
        <TwoToneBar label={words.count.label} text={text} sent={sent} confirmed={confirmed} />
      </div>
    </>
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

function percentText({ isGrowing, hasEnded, bar }: Board): string {
  if (isGrowing.value) return "";
  // At the end the bar is still moving, while the summary already says that all files are stored.
  return format.percent(hasEnded.value ? 100 : bar.confirmed.value);
}
