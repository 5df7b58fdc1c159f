import {
  type ReadonlySignal,
  type Signal,
  useComputed,
  useSignal,
  useSignalEffect,
} from "@preact/signals";
import type { RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { Board } from "../batch/board.ts";
import { fileAtPlace } from "../batch/places.ts";
import { words } from "../i18n/page.ts";
import type { ListView } from "../list/list-view.ts";
import type { BatchPictures } from "./batch-pictures.ts";
import { TileHint } from "./tile-hint.tsx";
import { placeAt, type TileLayout, tileLayout } from "./tile-layout.ts";
import { useSheetPainter } from "./use-sheet-painter.ts";

/** Below this width, in pixels, the sheet is a little lower, so that a phone also shows what follows. */
const NARROW = 560;
const [LOW, HIGH] = [250, 280];

interface ContactSheetProps {
  board: Board;
  list: ListView;
  pictures: BatchPictures;
  /** Called with the file whose tile was clicked. */
  onPick: (file: number) => void;
}

/** All files as tiles, in the order in which they were declared. The keyboard uses the list instead. */
export function ContactSheet({ board, list, pictures, onPick }: ContactSheetProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const layout = useTileLayout(canvas, board);
  const hovered = useSignal<number | null>(null);
  const painter = useSheetPainter({ board, list, pictures, canvas, layout });
  const fileAt = (event: MouseEvent): number | null => {
    const place = placeAt(
      layout.value,
      event.offsetX,
      event.offsetY,
      painter.current?.isRtl === true,
    );
    return place === null ? null : fileAtPlace(board.replaced.value, place);
  };
  const pick = (event: MouseEvent): void => {
    const file = fileAt(event);
    if (file !== null && file < list.files.count) onPick(file);
  };
  return (
    <div class="contact-sheet">
      <canvas
        ref={canvas}
        role="img"
        aria-label={words.contactSheet.label}
        data-hovered={useComputed(() => (hovered.value === null ? null : "true"))}
        onClick={pick}
        onPointerMove={(event) => void (hovered.value = isTouch(event) ? null : fileAt(event))}
        onPointerLeave={() => void (hovered.value = null)}
        onTransitionRun={() => painter.current?.repaint()}
      />
      <TileHint board={board} list={list} layout={layout} file={hovered} painter={painter} />
    </div>
  );
}

function isTouch({ pointerType }: PointerEvent): boolean {
  return pointerType === "touch";
}

function useTileLayout(
  canvas: RefObject<HTMLElement | null>,
  board: Board,
): ReadonlySignal<TileLayout> {
  const width = useWidth(canvas);
  const count = useSignal(board.fileCount.peek());
  useSignalEffect(() => {
    // While files are found, a new layout per frame would repaint all tiles each time.
    void board.tick.value;
    count.value = board.fileCount.peek();
  });
  return useComputed(() => tileLayout(count.value, width.value, width.value < NARROW ? LOW : HIGH));
}

/** Returns the width of an element in CSS pixels; 0 before it is laid out. */
function useWidth(element: RefObject<HTMLElement | null>): Signal<number> {
  const width = useSignal(0);
  useEffect(() => {
    if (element.current === null) return;
    const sizes = new ResizeObserver(([entry]) => {
      width.value = entry?.contentRect.width ?? 0;
    });
    sizes.observe(element.current);
    return () => sizes.disconnect();
  }, []);
  return width;
}
