/** Tiles of one sheet, 16 in each line (docs/protocol.md). Pixels of a tile's side. */
export const SHEET_TILES = 256;
export const LINE_TILES = 16;
export const TILE_SIDE = 64;

/** Returns the sheet that shows a file. */
export function sheetOf(file: number): number {
  return Math.floor(file / SHEET_TILES);
}

/** Returns the left and top edge of a file's tile on its sheet, of tiles with that many pixels per side. */
export function tileCorner(file: number, side: number): readonly [left: number, top: number] {
  const place = file % SHEET_TILES;
  return [(place % LINE_TILES) * side, Math.floor(place / LINE_TILES) * side];
}
