import type { RowPosition } from "./displayed-file.ts";
import { createRow, type ListRow, type RowContext } from "./list-row.ts";
import { RowPool } from "./row-pool.ts";

/**
 * Creates a pool of rows for files.
 *
 * @param place where the rows are; their thumbnails are made first
 */
export function rowPool(context: RowContext, place: string): RowPool<ListRow> {
  const { board, thumbnails } = context;
  const makeRow = (position: RowPosition): ListRow => createRow(context, position);
  const setVisible = (files: readonly number[]): void => thumbnails?.setVisible(files, place);
  return new RowPool({ changed: board.changed, setVisible, makeRow });
}
