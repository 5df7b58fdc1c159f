import { type ReadonlySignal, useComputed, useSignalEffect } from "@preact/signals";
import { useContext, useEffect, useMemo, useRef } from "preact/hooks";
import { words } from "../i18n/page.ts";
import type { FileActions } from "./file-actions.ts";
import { Row } from "./row.tsx";
import { RowShifts } from "./layout-shifts.ts";
import type { ListRow, RowContext } from "./list-row.ts";
import type { ListView } from "./list-view.ts";
import { rowId } from "./row-id.ts";
import { rowPool } from "./row-pools.ts";
import { isSteady } from "./row-press.ts";
import { ROW_HEIGHT, type RowWindow } from "./row-window.ts";
import { useGridKeys } from "./use-grid-keys.ts";
import { pointerHandlers } from "./pointer-handlers.ts";
import { useRowWindow } from "./use-row-window.ts";

interface FileListProps {
  context: RowContext;
  list: ListView;
  actions: FileActions;
}

/** A virtual list: only the rows in and near the viewport are in the DOM. */
export function FileList({ context, list, actions }: FileListProps) {
  const grid = useRef<HTMLDivElement>(null);
  const pool = useMemo(() => rowPool(context, "list"), [context]);
  const rendered = useRowWindow(grid, ROW_HEIGHT, list.length);
  const pointer = useMemo(() => pointerHandlers(list), [list]);
  const shifts = useContext(RowShifts);
  useEffect(() => (grid.current ? shifts.watch(grid.current) : undefined), [shifts]);
  const isSteadyAt = (index: number): boolean =>
    pool.rows.peek().every((row) => row.position.peek().index !== index || isSteady(row));
  const keys = { grid, rowHeight: ROW_HEIGHT, list, actions, isSteadyAt };
  const { active, onKeyDown } = useGridKeys(keys);
  useSignalEffect(() => pool.show(rendered.value, list));
  useSignalEffect(() => pool.follow());
  const isGrouped = useComputed(() => `${list.hasHeadings}`);
  const activeId = useActiveId(rendered, active, pool.rows);
  const attributes = useGridAttributes(list, rendered, actions.cancel === null);
  return (
    <div
      class="grid"
      ref={grid}
      role="grid"
      tabIndex={0}
      aria-activedescendant={activeId}
      {...attributes}
      onKeyDown={onKeyDown}
      onBlur={() => list.hold.release()}
      {...pointer}
      data-grouped={isGrouped}
    >
      <div role="rowgroup">
        {pool.rows.value.map((row, key) => (
          <Row key={key} row={row} active={active} list={list} actions={actions} />
        ))}
      </div>
    </div>
  );
}

/** Returns the DOM id of the active row; undefined while it is scrolled out of the DOM. */
function useActiveId(
  rendered: ReadonlySignal<RowWindow>,
  active: ReadonlySignal<number>,
  rows: ReadonlySignal<readonly ListRow[]>,
): ReadonlySignal<string | undefined> {
  return useComputed(() => {
    const { first, length } = rendered.value;
    const isRendered =
      active.value >= first &&
      active.value < first + length &&
      // The rows follow the window a moment later.
      rows.value.some((row) => row.position.value.index === active.value);
    return isRendered ? rowId(active.value) : undefined;
  });
}

function useGridAttributes(
  list: ListView,
  rendered: ReadonlySignal<RowWindow>,
  isWatching: boolean,
) {
  const label = useComputed(() => words.list.label(list.fileCount.value, isWatching));
  const style = useComputed(
    () =>
      `--row-height: ${ROW_HEIGHT}px; --rows: ${list.length.value}; --first-row: ${rendered.value.first}`,
  );
  return { "aria-label": label, "aria-rowcount": list.length, style };
}
