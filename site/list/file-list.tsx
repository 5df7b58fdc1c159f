import { useComputed, useSignalEffect } from "@preact/signals";
import { useMemo, useRef } from "preact/hooks";
import type { Board } from "../batch/board.ts";
import { words } from "../i18n/page.ts";
import type { Thumbnails } from "../thumbnails/thumbnails.ts";
import type { FileActions } from "./file-actions.ts";
import { FileRow } from "./file-row.tsx";
import type { ListView } from "./list-view.ts";
import { rowId } from "./row-id.ts";
import { RowPool } from "./row-pool.ts";
import { useGridKeys } from "./use-grid-keys.ts";
import { useRowWindow } from "./use-row-window.ts";

/** Height of every row, in CSS pixels. The style sheets read it as `--row-height`. */
const ROW_HEIGHT = 56;

interface FileListProps {
  board: Board;
  list: ListView;
  actions: FileActions;
  /** Null on the watch page, which has no file contents. */
  thumbnails: Thumbnails | null;
}

/** A virtual list: only the rows in and near the viewport are in the DOM. */
export function FileList({ board, list, actions, thumbnails }: FileListProps) {
  const grid = useRef<HTMLDivElement>(null);
  const pool = useMemo(() => new RowPool({ board, files: list.files, thumbnails }), [board]);
  const rendered = useRowWindow(grid, ROW_HEIGHT, list.length);
  const { active, onKeyDown } = useGridKeys({ grid, rowHeight: ROW_HEIGHT, list, actions });
  useSignalEffect(() => pool.show(rendered.value, list));
  useSignalEffect(() => pool.follow());
  const isWatching = actions.cancel === null;
  const label = useComputed(() => words.list.label(list.length.value, isWatching));
  // aria-activedescendant must not name a row that is scrolled out of the DOM.
  const activeId = useComputed(() => {
    const { first, length } = rendered.value;
    const isRendered = active.value >= first && active.value < first + length;
    return isRendered ? rowId(active.value) : undefined;
  });
  const style = useComputed(
    () =>
      `--row-height: ${ROW_HEIGHT}px; --rows: ${list.length.value}; --first-row: ${rendered.value.first}`,
  );
  return (
    <div
      class="grid"
      ref={grid}
      role="grid"
      tabIndex={0}
      aria-label={label}
      aria-rowcount={list.length}
      aria-activedescendant={activeId}
      style={style}
      onKeyDown={onKeyDown}
    >
      <div role="rowgroup">
        {pool.rows.value.map((row, key) => (
          <FileRow key={key} row={row} active={active} actions={actions} />
        ))}
      </div>
    </div>
  );
}
