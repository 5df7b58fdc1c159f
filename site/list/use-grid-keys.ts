import { type ReadonlySignal, useComputed, useSignal } from "@preact/signals";
import type { RefObject } from "preact";
import { scrollToRow } from "./row-window.ts";
import type { ListView } from "./list-view.ts";
import type { FileActions } from "./file-actions.ts";
import { rowId } from "./row-id.ts";
import { viewportOf } from "./use-row-window.ts";

interface GridKeysOptions {
  grid: RefObject<HTMLElement | null>;
  rowHeight: number;
  selection: ListView;
  actions: FileActions;
}

interface GridKeys {
  /** Index of the row that the keyboard is on. */
  active: ReadonlySignal<number>;
  onKeyDown: (event: KeyboardEvent) => void;
}

const ROWS_PER_PAGE_KEY = 10;

const STEPS: Readonly<Record<string, number>> = {
  ArrowUp: -1,
  ArrowDown: 1,
  PageUp: -ROWS_PER_PAGE_KEY,
  PageDown: ROWS_PER_PAGE_KEY,
  Home: Number.NEGATIVE_INFINITY,
  End: Number.POSITIVE_INFINITY,
};

/**
 * Moves through the list by keyboard. The grid keeps the focus and only points at a row, so that
 * focus cannot be lost when that row leaves the page.
 */
export function useGridKeys({ grid, rowHeight, selection, actions }: GridKeysOptions): GridKeys {
  // A file and where it was: the keyboard stays on it when the list is sorted or filtered anew.
  const wished = useSignal({ file: 0, row: 0 });
  const active = useComputed(() => {
    const { file, row } = wished.value;
    return selection.rowIndexOf(file) ?? clamp(row, selection.length.value);
  });
  const moveTo = (index: number): void => {
    const row = clamp(index, selection.length.value);
    wished.value = { file: selection.fileAt(row), row };
    if (grid.current !== null) reveal(grid.current, row, rowHeight);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const step = STEPS[event.key];
    const file = selection.fileAt(active.value);
    if (step !== undefined) moveTo(active.value + step);
    else if (event.key === "Enter") press(grid.current, active.value);
    else if (event.key === "Delete") actions.cancel?.(file);
    else return;
    event.preventDefault();
  };
  return { active, onKeyDown };
}

/** Does what the row's own button would do: which one that is, the row knows. */
function press(grid: HTMLElement | null, index: number): void {
  grid?.querySelector<HTMLElement>(`#${rowId(index)} :is(.quiet, a)`)?.click();
}

function clamp(index: number, length: number): number {
  return Math.max(0, Math.min(index, length - 1));
}

/** Scrolls the page so that a row is in sight, below the masthead that covers the top. */
function reveal(grid: Element, index: number, rowHeight: number): void {
  const covered = Number.parseFloat(getComputedStyle(grid).scrollMarginTop);
  scrollBy({ top: scrollToRow(index, rowHeight, viewportOf(grid), covered) });
}
