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
  /** False if another row was at this index a moment ago. */
  isSteadyAt: (index: number) => boolean;
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
export function useGridKeys(options: GridKeysOptions): GridKeys {
  const { grid, rowHeight, list } = options;
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
  useRevealed(options);
  const onKeyDown = (event: KeyboardEvent): void => {
    list.hold.keep();
    const step = STEPS[event.key];
    const entry = list.entryAt(active.value);
    const folder = folderOfEntry(entry);
    if (step !== undefined) moveTo(active.value + step);
    else if (
      folder === null
        ? !actOnFile(options, active.value, event.key)
        : !toggleByKey(list, folder, event)
    )
      return;
    event.preventDefault();
  };
  return { active, onKeyDown };
}

/** Makes a file the active one, and scrolls to it, when the list says so. */
function useRevealed({ grid, list, rowHeight }: GridKeysOptions): void {
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
}

/** Acts on the file in the active row. @returns false for a key that does nothing */
function actOnFile(
  { grid, list, actions, isSteadyAt }: GridKeysOptions,
  row: number,
  key: string,
): boolean {
  if (key !== "Enter" && key !== "Delete") return false;
  const file = list.entryAt(row);
  // The active file has left the list, and the key was meant for it.
  if (list.active.value?.entry !== file && !isSteadyAt(row)) return true;
  if (key === "Enter") clickAction(grid.current, row);
  else actions.cancel?.(file);
  return true;
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
