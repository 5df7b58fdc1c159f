import { type ReadonlySignal, useComputed } from "@preact/signals";
import type { Board } from "../batch/board.ts";
import type { FieldLayout } from "./strokes.ts";
import { words } from "../i18n/index.ts";

interface LegendProps {
  board: Board;
  layout: ReadonlySignal<FieldLayout>;
}

/** What a stroke stands for, and its tones. */
export function Legend({ board, layout }: LegendProps) {
  const stroke = useComputed(() => words.count.stroke(layout.value.filesPerStroke));
  const hasFailures = useComputed(() => board.counts.value.failed > 0);
  return (
    <p class="legend">
      <span class="tone-sent">{words.count.sent}</span>
      <span class="tone-stored">{words.count.stored}</span>
      {hasFailures.value && <span class="tone-failed">{words.count.failed}</span>}
      <span>{stroke}</span>
    </p>
  );
}
