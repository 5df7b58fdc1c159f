import { type ReadonlySignal, useComputed, useSignal, useSignalEffect } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { Board } from "../batch/board.ts";
import { fileAtPlace, placeOf } from "../batch/places.ts";
import { shownState } from "../batch/shown-state.ts";
import { words } from "../i18n/index.ts";
import { FieldPainter } from "./field-painter.ts";
import { type FieldLayout, fieldLayout, type StrokeSource } from "./strokes.ts";

/** Below this width, in pixels, the field gets one line more. */
const NARROW = 560;

function layoutFor(files: number, width: number): FieldLayout {
  return fieldLayout(files, width, width < NARROW ? 4 : 3);
}

/** The progress of all files as tally strokes, in the order in which the files were declared. */
export function TallyField({ board }: { board: Board }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const painter = useRef<FieldPainter>(null);
  const width = useSignal(0);
  const layout = useComputed(() => layoutFor(board.fileCount.value, width.value));
  useEffect(() => {
    if (canvas.current === null) return;
    painter.current = new FieldPainter(canvas.current, shownFiles(board));
    const sizes = new ResizeObserver(([entry]) => {
      width.value = entry?.contentRect.width ?? 0;
    });
    sizes.observe(canvas.current);
    return () => sizes.disconnect();
  }, [board]);
  useSignalEffect(() => {
    // A file that is replaced gives its stroke to the next one.
    void board.replaced.value;
    painter.current?.setLayout(layout.value);
  });
  useSignalEffect(() => painter.current?.paint(changedPlaces(board)));
  return (
    <div class="tally" part="tally" aria-hidden="true">
      <canvas class="field" ref={canvas} onTransitionRun={() => painter.current?.repaint()} />
      <Legend board={board} layout={layout} />
    </div>
  );
}

/** The files that have a stroke, by place. */
function shownFiles(board: Board): StrokeSource {
  const { ledger, pending } = board;
  const at = (place: number): number => fileAtPlace(ledger.replaced, place);
  return {
    get count() {
      return ledger.count + pending.undeclared.length - ledger.replaced.length;
    },
    size: (place) => ledger.size(at(place)),
    state: (place) => shownState(board, at(place)),
    progress: (place) => ledger.progress(at(place)),
    sentBytes: (place) => ledger.sentBytes(at(place)),
  };
}

function changedPlaces({ changed, ledger: { replaced } }: Board): ReadonlySet<number> {
  if (replaced.length === 0) return changed.value;
  return new Set(Array.from(changed.value, (file) => placeOf(replaced, file)));
}

interface LegendProps {
  board: Board;
  layout: ReadonlySignal<FieldLayout>;
}

/** Explains how many files one stroke stands for and, until the end, the tones. Keeps its place if it's empty. */
function Legend({ board, layout }: LegendProps) {
  // At the end the count above says as much as one stroke per file.
  const stroke = useComputed(() => {
    const { filesPerStroke } = layout.value;
    return board.hasEnded.value && filesPerStroke === 1 ? "" : words.count.stroke(filesPerStroke);
  });
  const hasFailures = useComputed(() => board.counts.value.failed > 0);
  return (
    <p class="legend">
      {!board.hasEnded.value && (
        <>
          <span class="tone-sent">{words.count.sent}</span>
          <span class="tone-stored">{words.count.stored}</span>
        </>
      )}
      {hasFailures.value && <span class="tone-failed">{words.count.failed}</span>}
      <span>{stroke}</span>
    </p>
  );
}
