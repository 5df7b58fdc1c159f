/** Height of every row, in CSS pixels. The style sheets read it as `--row-height`. */
export const ROW_HEIGHT = 56;

/** The rows of a long list that are in the DOM. */
export interface RowWindow {
  first: number;
  length: number;
}

/** The visible part of the page, relative to the list. */
export interface Viewport {
  /** Pixels from the list's top edge down to the viewport's top; negative above the list. */
  top: number;
  /** Pixels. */
  height: number;
}

/** Rows rendered above and below the viewport, so that scrolling shows no gaps. */
const OVERSCAN_ROWS = 4;

/** Returns the rows inside `viewport`, plus overscan, of `count` rows of `rowHeight` pixels. */
export function rowWindow(viewport: Viewport, rowHeight: number, count: number): RowWindow {
  const from = Math.floor(viewport.top / rowHeight) - OVERSCAN_ROWS;
  const to = Math.ceil((viewport.top + viewport.height) / rowHeight) + OVERSCAN_ROWS;
  const first = Math.min(Math.max(0, from), count);
  return { first, length: Math.max(0, Math.min(to, count) - first) };
}

/**
 * Returns how far to scroll, in pixels, until row `index` is fully visible below a header of
 * `covered` pixels. Rounded away from zero, as browsers scroll by whole pixels.
 */
export function scrollToRow(
  index: number,
  rowHeight: number,
  viewport: Viewport,
  covered = 0,
): number {
  const above = index * rowHeight - (viewport.top + covered);
  const below = (index + 1) * rowHeight - (viewport.top + viewport.height);
  return above < 0 ? Math.floor(above) : Math.ceil(Math.max(0, below));
}

/** Returns how far to scroll, in pixels, until row `index` is in the middle of the viewport. */
export function scrollToCenter(
  index: number,
  rowHeight: number,
  { top, height }: Viewport,
): number {
  return Math.round((index + 0.5) * rowHeight - (top + height / 2));
}
