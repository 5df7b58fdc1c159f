import { type ReadonlySignal, useComputed } from "@preact/signals";
import type { RefObject } from "preact";
import type { Board } from "../batch/board.ts";
import { placeOf } from "../batch/places.ts";
import { words } from "../i18n/page.ts";
import type { ListView } from "../list/list-view.ts";
import { progressOf } from "../list/row-progress.ts";
import { stateText } from "../list/row-state.ts";
import { shownName } from "../ui/shown-name.ts";
import type { SheetPainter } from "./sheet-painter.ts";
import { tileBox, type TileLayout } from "./tile-layout.ts";

interface TileHintProps {
  board: Board;
  list: ListView;
  layout: ReadonlySignal<TileLayout>;
  /** The file under the pointer; null for none. */
  file: ReadonlySignal<number | null>;
  painter: RefObject<SheetPainter | null>;
}

/** A frame around the tile under the pointer, and the name and state of its file. */
export function TileHint({ board, list, layout, file, painter }: TileHintProps) {
  const text = useComputed(() => {
    void board.changed.value;
    return file.value === null ? null : hintText(board, list, file.value);
  });
  const style = useComputed(() => {
    if (file.value === null) return "";
    const place = placeOf(board.replaced.value, file.value);
    const isRtl = painter.current?.isRtl === true;
    const { left, top, width, height } = tileBox(layout.value, place, 1, isRtl);
    // Names are long: they extend from the tile towards the middle of the sheet.
    const shift = left > layout.value.width / 2 ? -100 : 0;
    return `--left: ${left}px; --top: ${top}px; --width: ${width}px; --height: ${height}px; --shift: ${shift}%`;
  });
  if (text.value === null) return null;
  return (
    <div class="tile-hint" aria-hidden="true" style={style}>
      <span class="tile-frame" />
      <p class="tile-name">
        <bdi>{text.value.name}</bdi> <span>{text.value.state}</span>
      </p>
    </div>
  );
}

function hintText({ ledger }: Board, list: ListView, file: number) {
  return {
    name: shownName(list.files.name(file)),
    state: stateText(progressOf(ledger, file), words),
  };
}
