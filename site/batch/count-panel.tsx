import { useComputed } from "@preact/signals";
import type { Board } from "./board.ts";
import { format, words } from "../i18n/index.ts";
import { TallyField } from "../tally/tally-field.tsx";
import { Heading, usePartRole } from "../ui/heading.tsx";
import { TwoToneBar } from "../ui/two-tone-bar.tsx";

/** The count: how many files, how far, how fast. The heart of the page. */
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
  const done = useComputed(() => format.number(board.counts.value.completed));
  const of = useComputed(() => words.count.of(board.fileCount.value));
  const percent = useComputed(() => percentText(board));
  return (
    <div class="headline">
      <Heading class="headline-count">
        <span class="counted">{done}</span> <span class="of">{of}</span>
      </Heading>
      <p class="percent" aria-hidden="true">
        {percent}
      </p>
    </div>
  );
}

function percentText({ isGrowing, hasEnded: ended, bar }: Board): string {
  if (isGrowing.value) return "";
  // The bar is still on its way there when the words say that all is done.
  return format.percent(ended.value ? 100 : bar.confirmed.value);
}
