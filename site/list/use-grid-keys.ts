import { type ReadonlySignal, useComputed, useSignalEffect } from "@preact/signals";
import type { RefObject } from "preact";
import { nextFrame } from "../ui/next-frame.ts";
import type { FileActions } from "./file-actions.ts";
import { folderOfEntry } from "./folder-groups.ts";
import type { ListView } from "./list-view.ts";
import { rowId } from "./row-id.ts";
import { scrollToCenter, scrollToRow } from "./row-window.ts";
import { viewportOf } from "./use-row-window.ts";

interface GridKeysOptions {
  grid: RefObject<HTMLElement | null>;
  rowHeight: number;
  list: ListView;
  actions: FileActions;
}

interface GridKeys {
  /** Index of the active row. */
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
 * Keyboard navigation of the list. The grid keeps the focus and points to the active row, as a
 * focused row would lose the focus when it is scrolled out of the DOM.
 */
export function useGridKeys({ grid, rowHeight, list, actions }: GridKeysOptions): GridKeys {
  const active = useComputed(() => {
    if (list.active.value === null) return 0;
    const { entry, row } = list.active.value;
    return list.rowIndexOf(entry) ?? clamp(row, list.length.value);
  });
  const moveTo = (index: number): void => {
    const row = clamp(index, list.length.value);
    list.active.value = { entry: list.entryAt(row), row };
    if (grid.current !== null) reveal(grid.current, row, rowHeight);
  };
  useSignalEffect(() => {
    const { revealed } = list;
    if (revealed.value === null) return;
    const { file } = revealed.value;
    revealed.value = null;
    const row = list.rowIndexOf(file);
    if (row === null) return;
    list.active.value = { entry: file, row };
    grid.current?.focus({ preventScroll: true });
    // The list may have had fewer rows until now, and the page may be too short to scroll there.
    nextFrame(() => {
      if (grid.current !== null)
        scrollBy({ top: scrollToCenter(row, rowHeight, viewportOf(grid.current)) });
    });
  });
  const onKeyDown = (event: KeyboardEvent): void => {
    list.hold.keep();
    const step = STEPS[event.key];
    const entry = list.entryAt(active.value);
    const folder = folderOfEntry(entry);
    if (step !== undefined) moveTo(active.value + step);
    else if (folder !== null && !toggleByKey(list, folder, event)) return;
    else if (folder === null && event.key === "Enter") clickAction(grid.current, active.value);
    else if (folder === null && event.key === "Delete") actions.cancel?.(entry);
    else if (folder === null) return;
    event.preventDefault();
  };
  return { active, onKeyDown };
}

/** Opens or closes a folder. @returns false for a key that does neither */
function toggleByKey(
  list: ListView,
  folder: number,
  { key, currentTarget }: KeyboardEvent,
): boolean {
  const isRtl =
    currentTarget instanceof Element && getComputedStyle(currentTarget).direction === "rtl";
  const [close, open] = isRtl ? ["ArrowRight", "ArrowLeft"] : ["ArrowLeft", "ArrowRight"];
  if (key === "Enter") list.toggle(folder);
  else if (key === close || key === open) list.toggle(folder, key === close);
  else return false;
  return true;
}

/** Clicks the row's own retry button or download link. */
function clickAction(grid: HTMLElement | null, index: number): void {
  grid?.querySelector<HTMLElement>(`#${rowId(index)} :is(.quiet, a)`)?.click();
}

function clamp(index: number, length: number): number {
  return Math.max(0, Math.min(index, length - 1));
}

/** Scrolls the page until a row is visible below the sticky header. */
function reveal(grid: Element, index: number, rowHeight: number): void {
  const covered = Number.parseFloat(getComputedStyle(grid).scrollMarginTop);
  scrollBy({ top: scrollToRow(index, rowHeight, viewportOf(grid), covered) });
}
