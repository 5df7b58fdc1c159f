import { SHEET_FILES, SHEET_TILE } from "../../protocol/index.ts";
import { LINE_TILES, sheetOf, tileCorner } from "../thumbnails/sheets.ts";
import { drawnTiles, type Square, storedSquare } from "./stored-tiles.ts";
import type { TileBox } from "./tile-layout.ts";

/** Sides of tiles in memory, in pixels: few steps, as each step up decodes all sheets again. */
const SIDES = [4, 8, 16, 32, SHEET_TILE];

interface PictureSheet {
  context: CanvasRenderingContext2D;
  /** 1 for each tile with a picture. */
  drawn: Uint8Array;
}

/**
 * The pictures of a batch's files, one canvas per 256 tiles. They are only as large as they are shown:
 * at 64 px, those of 10,000 files would take 160 MB.
 */
export class TilePictures {
  readonly #sheets = new Map<number, PictureSheet>();
  #side = SIDES[0] ?? SHEET_TILE;

  /**
   * Sets how large tiles are shown, in device pixels.
   *
   * @returns the sheets to put again, because theirs are too small now
   */
  setShownSide(pixels: number): readonly number[] {
    const before = this.#side;
    const side = keptSide(pixels, before);
    if (side === before) return [];
    this.#side = side;
    for (const [sheet, { context, drawn }] of this.#sheets) {
      const resized = newSheet(side, drawn);
      resized?.context.drawImage(context.canvas, 0, 0, side * LINE_TILES, side * LINE_TILES);
      if (resized !== null) this.#sheets.set(sheet, resized);
    }
    return side > before ? this.sheets : [];
  }

  /** The sheets that have pictures. */
  get sheets(): readonly number[] {
    return [...this.#sheets.keys()];
  }

  /** True if any file of the sheet has a picture. */
  isDrawn(sheet: number): boolean {
    return this.#sheets.get(sheet)?.drawn.includes(1) ?? false;
  }

  /** True if the file has a picture. */
  has(file: number): boolean {
    return this.#sheets.get(sheetOf(file))?.drawn[file % SHEET_FILES] === 1;
  }

  /** Sets a file's picture. */
  put(file: number, tile: ImageBitmap): void {
    this.#draw(file, tile, { left: 0, top: 0, side: SHEET_TILE });
  }

  /**
   * Sets the pictures of a whole sheet.
   *
   * @param isWanted false for files that keep what they have
   */
  putSheet(sheet: number, image: ImageBitmap, isWanted: (file: number) => boolean): void {
    const drawn = drawnTiles(image);
    const first = sheet * SHEET_FILES;
    const files = Array.from(drawn, (_, place) => first + place).filter(
      (file) => drawn[file - first] === 1 && isWanted(file),
    );
    for (const file of files) this.#draw(file, image, storedSquare(file));
  }

  /** Removes a file's picture. */
  remove(file: number): void {
    const sheet = this.#sheets.get(sheetOf(file));
    if (sheet === undefined) return;
    sheet.drawn[file % SHEET_FILES] = 0;
    this.#clear(sheet, file);
  }

  /** Draws a file's picture into the box. */
  draw(file: number, target: CanvasRenderingContext2D, box: TileBox): void {
    const canvas = this.#sheets.get(sheetOf(file))?.context.canvas;
    if (canvas === undefined) return;
    const [left, top] = tileCorner(file, this.#side);
    const { left: x, top: y, width, height } = box;
    target.drawImage(canvas, left, top, this.#side, this.#side, x, y, width, height);
  }

  #draw(file: number, image: ImageBitmap, { left, top, side: from }: Square): void {
    const sheet = this.#sheetOf(file);
    if (sheet === null) return;
    const side = this.#side;
    const corner = tileCorner(file, side);
    this.#clear(sheet, file);
    sheet.context.drawImage(image, left, top, from, from, ...corner, side, side);
    sheet.drawn[file % SHEET_FILES] = 1;
  }

  #clear({ context }: PictureSheet, file: number): void {
    context.clearRect(...tileCorner(file, this.#side), this.#side, this.#side);
  }

  #sheetOf(file: number): PictureSheet | null {
    const known = this.#sheets.get(sheetOf(file));
    if (known !== undefined) return known;
    const sheet = newSheet(this.#side, new Uint8Array(SHEET_FILES));
    if (sheet !== null) this.#sheets.set(sheetOf(file), sheet);
    return sheet;
  }
}

/**
 * Returns the side of tiles in memory, in pixels, for tiles that are shown that large. It also shrinks, but
 * not by one step: a folder begins with a few large tiles, of which each painting would copy a canvas of
 * 4 MB, while a window that is resized to and fro would decode all sheets each time.
 */
export function keptSide(pixels: number, before: number): number {
  const side = SIDES.find((step) => step >= pixels) ?? SHEET_TILE;
  return side > before || side * 4 <= before ? side : before;
}

function newSheet(side: number, drawn: Uint8Array): PictureSheet | null {
  const canvas = document.createElement("canvas");
  canvas.width = side * LINE_TILES;
  canvas.height = side * LINE_TILES;
  const context = canvas.getContext("2d");
  return context && { context, drawn };
}
