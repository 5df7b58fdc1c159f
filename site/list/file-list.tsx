import { useComputed, useSignalEffect } from "@preact/signals";
import { useMemo, useRef } from "preact/hooks";
import type { Board } from "../batch/board.ts";
import { RowPool } from "./row-pool.ts";
import type { ListView } from "./list-view.ts";
import type { Thumbnails } from "../thumbnails/thumbnails.ts";
import { words } from "../i18n/page.ts";
import type { FileActions } from "./file-actions.ts";
import { FileRow } from "./file-row.tsx";
import { rowId } from "./row-id.ts";
import { useGridKeys } from "./use-grid-keys.ts";
import { useRowWindow } from "./use-row-window.ts";

/** Height of every row, in CSS pixels. The style sheets read it as `--row-height`. */
const ROW_HEIGHT = 56;

interface FileListProps {
  board: Board;
  selection: ListView;
  actions: FileActions;
  /** Null where the files are on somebody else's disk. */
  thumbnails: Thumbnails | null;
}

/** All files, of which only those in sight are in the page. */
export function FileList({ board, selection, actions, thumbnails }: FileListProps) {
  const grid = useRef<HTMLDivElement>(null);
  const rows = { board, listing: selection.listing, thumbnails };
  const pool = useMemo(() => new RowPool(rows), [board]);
  const inSight = useRowWindow(grid, ROW_HEIGHT, selection.length);
  const { active, onKeyDown } = useGridKeys({ grid, rowHeight: ROW_HEIGHT, selection, actions });
  useSignalEffect(() => pool.show(inSight.value, selection));
  useSignalEffect(() => pool.follow());
  const isWatching = actions.cancel === null;
  const label = useComputed(() => words.list.label(selection.length.value, isWatching));
  // A row that has been scrolled away is not in the page, and cannot be pointed at.
  const activeId = useComputed(() => {
    const { first, length } = inSight.value;
    const isInPage = active.value >= first && active.value < first + length;
    return isInPage ? rowId(active.value) : undefined;
  });
  const shape = useComputed(
    () =>
      `--row-height: ${ROW_HEIGHT}px; --rows: ${selection.length.value}; --first-row: ${inSight.value.first}`,
  );
  return (
    <div
      class="grid"
      ref={grid}
      role="grid"
      tabIndex={0}
      aria-label={label}
      aria-rowcount={selection.length}
      aria-activedescendant={activeId}
      style={shape}
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
