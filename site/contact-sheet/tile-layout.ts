/** Largest side of a tile, in CSS pixels: that of its picture. */
const LARGEST = 64;
/** From this side on, tiles are stretched so that a line of them fills the width. */
const SMALLEST_STRETCHED = 8;

/** Layout of the contact sheet, in CSS pixels. */
export interface TileLayout {
  /** Number of tiles. */
  tiles: number;
  columns: number;
  rows: number;
  /** Distance between the left edges of two tiles. */
  pitch: number;
  /** Space between two tiles. */
  gap: number;
  width: number;
  height: number;
}

/** A tile in device pixels. */
export interface TileBox {
  left: number;
  top: number;
  width: number;
  height: number;
}

/** Returns the layout with the largest tiles that fit. Far more files than pixels exceed the height. */
export function tileLayout(tiles: number, width: number, maxHeight: number): TileLayout {
  let side = LARGEST;
  while (side > 1 && layoutOf(side, tiles, width).height > maxHeight) side -= 1;
  return layoutOf(side, tiles, width);
}

function layoutOf(side: number, tiles: number, width: number): TileLayout {
  const gap = gapOf(side);
  const columns = Math.max(1, Math.floor((width + gap) / (side + gap)));
  const pitch = side < SMALLEST_STRETCHED ? side + gap : (width + gap) / columns;
  const rows = Math.ceil(tiles / columns);
  return { tiles, columns, rows, pitch, gap, width, height: Math.max(0, rows * pitch - gap) };
}

function gapOf(side: number): number {
  if (side > 14) return 2;
  return side > 1 ? 1 : 0;
}

/**
 * Returns the box of the tile at a place (0-based). Its edges are whole device pixels, because a blurred
 * edge is visible on tiles of a few pixels.
 *
 * @param ratio device pixels per CSS pixel
 */
export function tileBox(layout: TileLayout, place: number, ratio: number, isRtl: boolean): TileBox {
  const { columns, pitch, gap, width } = layout;
  const space = Math.round(gap * ratio);
  const column = place % columns;
  const row = Math.floor(place / columns);
  const [start, end] = [edge(column), edge(column + 1)];
  const [top, bottom] = [edge(row), edge(row + 1)];
  const left = isRtl ? Math.round(width * ratio) - end + space : start;
  return {
    left,
    top,
    width: Math.max(1, end - start - space),
    height: Math.max(1, bottom - top - space),
  };

  function edge(index: number): number {
    return Math.round(index * pitch * ratio);
  }
}

/** Returns the place of the tile at a point in CSS pixels; null beside the tiles. */
export function placeAt(layout: TileLayout, x: number, y: number, isRtl: boolean): number | null {
  const { columns, pitch, tiles, width } = layout;
  const column = Math.floor((isRtl ? width - x : x) / pitch);
  const place = Math.floor(y / pitch) * columns + column;
  const isInside = column >= 0 && column < columns && y >= 0 && place < tiles;
  return isInside ? place : null;
}
