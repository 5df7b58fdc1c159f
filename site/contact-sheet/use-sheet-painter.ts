import { type ReadonlySignal, useSignal, useSignalEffect } from "@preact/signals";
import type { RefObject } from "preact";
import { useEffect, useMemo, useRef } from "preact/hooks";
import type { Board } from "../batch/board.ts";
import { placeOf } from "../batch/places.ts";
import type { ListView } from "../list/list-view.ts";
import type { BatchPictures } from "./batch-pictures.ts";
import { SheetPainter } from "./sheet-painter.ts";
import type { TileLayout } from "./tile-layout.ts";
import { tileAtPlace } from "./tile-view.ts";

interface PainterOptions {
  board: Board;
  list: ListView;
  pictures: BatchPictures;
  canvas: RefObject<HTMLCanvasElement | null>;
  layout: ReadonlySignal<TileLayout>;
}

/** Paints the tiles that change, and all of them for a new layout, screen or set of colours. */
export function useSheetPainter(options: PainterOptions): RefObject<SheetPainter | null> {
  const { board, list, pictures, canvas, layout } = options;
  const painter = useRef<SheetPainter>(null);
  const ratio = useDeviceRatio();
  const source = useMemo(
    () => ({ ledger: board.ledger, files: list.files, pictures }),
    [board, list, pictures],
  );
  useEffect(() => {
    if (canvas.current === null) return;
    const current = new SheetPainter(canvas.current, (place) => tileAtPlace(source, place));
    painter.current = current;
    pictures.onChange = (files) => current.paint(placesOf(board, files));
    const restore = (): void => {
      pictures.restore();
      current.repaint();
    };
    canvas.current.addEventListener("contextrestored", restore);
    return () => {
      pictures.onChange = () => undefined;
      canvas.current?.removeEventListener("contextrestored", restore);
      current.dispose();
    };
  }, [source]);
  useSignalEffect(() => {
    void ratio.value;
    const current = painter.current;
    if (current === null || layout.value.width === 0) return;
    current.setLayout(layout.value);
    pictures.setShownSide(current.tilePixels);
  });
  useSignalEffect(() => {
    // A file that is replaced gives its tile to the next one.
    void board.replaced.value;
    painter.current?.repaint();
  });
  useSignalEffect(() => painter.current?.paint(placesOf(board, board.changed.value)));
  return painter;
}

function placesOf({ ledger }: Board, files: Iterable<number>): Iterable<number> {
  const { replaced } = ledger;
  return replaced.length === 0 ? files : Array.from(files, (file) => placeOf(replaced, file));
}

/** Returns the number of device pixels per CSS pixel, which differs between a laptop and its monitor. */
function useDeviceRatio(): ReadonlySignal<number> {
  const ratio = useSignal(devicePixelRatio);
  useSignalEffect(() => {
    const screen = matchMedia(`(resolution: ${ratio.value}dppx)`);
    const update = (): void => void (ratio.value = devicePixelRatio);
    screen.addEventListener("change", update, { once: true });
    return () => screen.removeEventListener("change", update);
  });
  return ratio;
}
