import { SHEET_FILES, SHEET_SIDE, SHEET_TILE } from "../../protocol/index.ts";

/** Tiles in each line of a sheet. */
export const LINE_TILES = SHEET_SIDE / SHEET_TILE;

/** Returns the sheet that shows a file. */
export function sheetOf(file: number): number {
  return Math.floor(file / SHEET_FILES);
}

/** Returns the left and top edge of a file's tile on its sheet, of tiles with that many pixels per side. */
export function tileCorner(file: number, side: number): readonly [left: number, top: number] {
  const place = file % SHEET_FILES;
  return [(place % LINE_TILES) * side, Math.floor(place / LINE_TILES) * side];
}
