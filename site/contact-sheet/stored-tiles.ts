import { SHEET_FILES, SHEET_TILE } from "../../protocol/index.ts";
import { LINE_TILES, tileCorner } from "../thumbnails/sheets.ts";

/** Alpha from which a tile of a stored sheet counts as drawn. Blank ones are transparent. */
const DRAWN_ALPHA = 128;

/** Pixels at the edge of a stored tile that lossy encoding mixes with the tile beside it. */
const BLURRED_EDGE = 1;

/** A square part of an image, in pixels. */
export interface Square {
  left: number;
  top: number;
  side: number;
}

/** Returns the part of a stored sheet that shows a file. */
export function storedSquare(file: number): Square {
  const [left, top] = tileCorner(file, SHEET_TILE);
  const side = SHEET_TILE - 2 * BLURRED_EDGE;
  return { left: left + BLURRED_EDGE, top: top + BLURRED_EDGE, side };
}

/** Returns 1 for each tile of a sheet that isn't blank: one pixel stands for each tile. */
export function drawnTiles(image: ImageBitmap): Uint8Array {
  const drawn = new Uint8Array(SHEET_FILES);
  const canvas = document.createElement("canvas");
  canvas.width = LINE_TILES;
  canvas.height = LINE_TILES;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (context === null) return drawn;
  for (let tile = 0; tile < SHEET_FILES; tile++) {
    context.drawImage(
      image,
      ...tileCorner(tile, SHEET_TILE),
      SHEET_TILE,
      SHEET_TILE,
      ...tileCorner(tile, 1),
      1,
      1,
    );
  }
  const { data } = context.getImageData(0, 0, LINE_TILES, LINE_TILES);
  for (let tile = 0; tile < SHEET_FILES; tile++) {
    drawn[tile] = (data[tile * 4 + 3] ?? 0) >= DRAWN_ALPHA ? 1 : 0;
  }
  return drawn;
}
