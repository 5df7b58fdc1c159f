/** Which rows of a long list to have in the page: `first` and how many. */
export interface RowWindow {
  first: number;
  length: number;
}

export interface Viewport {
  /** Pixels from the list's top edge down to the top of what the reader sees; negative above it. */
  top: number;
  /** Pixels of height that the reader sees. */
  height: number;
}

/** Rows kept ready above and below, so that scrolling finds them already there. */
const SPARE_ROWS = 4;

/** The rows that `sight` touches, and some to spare, out of `count` rows of `rowHeight` pixels. */
export function rowWindow(sight: Viewport, rowHeight: number, count: number): RowWindow {
  const from = Math.floor(sight.top / rowHeight) - SPARE_ROWS;
  const to = Math.ceil((sight.top + sight.height) / rowHeight) + SPARE_ROWS;
  const first = Math.min(Math.max(0, from), count);
  return { first, length: Math.max(0, Math.min(to, count) - first) };
}

/**
 * How far to scroll so that row `index` is wholly in sight below `covered` pixels. In whole pixels, as
 * browsers scroll by no less: what is rounded down would leave an edge out of sight.
 */
export function scrollToRow(
  index: number,
  rowHeight: number,
  sight: Viewport,
  covered = 0,
): number {
  const above = index * rowHeight - (sight.top + covered);
  const below = (index + 1) * rowHeight - (sight.top + sight.height);
  return above < 0 ? Math.floor(above) : Math.ceil(Math.max(0, below));
}
