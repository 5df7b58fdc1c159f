import type { DisplayedFile } from "./displayed-file.ts";
import type { LayoutShifts } from "./layout-shifts.ts";
import type { ListRow } from "./list-row.ts";

/**
 * Time for which a row has to be in its place before a press counts, in ms. A person needs about a quarter
 * of a second to react: a press that comes earlier was meant for the row that was there before.
 */
const STEADY_MS = 300;

/** True if the row has been in its place for long enough to be meant. */
export function isSteady(
  { displayed }: { displayed: Pick<DisplayedFile, "movedAt"> },
  shiftedAt = Number.NEGATIVE_INFINITY,
): boolean {
  return performance.now() - Math.max(displayed.movedAt, shiftedAt) >= STEADY_MS;
}

/** A press on a row's button, which its click completes. */
export interface RowPress {
  file: number;
  /** False if the row has just moved there. */
  isMeant: boolean;
  /** True if the file was stored or cancelled. */
  wasDone: boolean;
}

/** Returns the press that begins on a row. */
export function pressOn(row: ListRow, shifts: LayoutShifts): RowPress {
  const { file } = row.position.peek();
  return { file, isMeant: isSteady(row, shifts.at), wasDone: row.isDone(file) };
}

/** True if the click after a press may cancel the file: cancelling a stored one would delete it. */
export function isStillMeant({ file, isMeant, wasDone }: RowPress, row: ListRow): boolean {
  return isMeant && (wasDone || !row.isDone(file));
}
