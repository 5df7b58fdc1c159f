import { SHEET_BYTES, SHEET_SIDE, SHEET_TILE } from "../../protocol/index.ts";
import type { SheetFormat } from "./messages.ts";
import { sheetOf, tileCorner } from "./sheets.ts";
import { encodeNatively, encodeWebp } from "./webp.ts";

/** Canvases in memory, 4 MB each. The other sheets are encoded. */
const MAX_CANVASES = 3;

/** The contact sheets of one batch, in the picture worker. */
export class SheetCanvases {
  /** By sheet, the least recently used first. */
  readonly #canvases = new Map<number, OffscreenCanvas>();
  readonly #images = new Map<number, Blob>();

  /** Draws a file's tile. */
  async draw(file: number, tile: ImageBitmap): Promise<void> {
    const context = await this.#open(sheetOf(file));
    clearTile(context, file);
    context?.drawImage(tile, ...tileCorner(file, SHEET_TILE));
  }

  /** Draws a sheet below the tiles that are already there. */
  async load(sheet: number, image: Blob): Promise<void> {
    const context = await this.#open(sheet);
    if (context !== null) await drawBelow(context, image);
  }

  /**
   * Returns the sheet; null if it is too large for the server.
   *
   * @param without files whose pictures are removed, also those that came with a stored sheet
   * @throws Error if the browser can't encode it
   */
  async encode(
    sheet: number,
    without: readonly number[],
    format: SheetFormat,
  ): Promise<Blob | null> {
    const context = await this.#open(sheet);
    for (const file of without) clearTile(context, file);
    const canvas = this.#canvases.get(sheet);
    if (canvas === undefined) return null;
    return format === "stored" ? encodeWebp(canvas, SHEET_BYTES) : encodeNatively(canvas);
  }

  async #open(sheet: number): Promise<OffscreenCanvasRenderingContext2D | null> {
    const known = this.#canvases.get(sheet);
    const canvas = known ?? newCanvas();
    if (canvas === null) return null;
    this.#canvases.delete(sheet);
    this.#canvases.set(sheet, canvas);
    const context = canvas.getContext("2d");
    const image = this.#images.get(sheet);
    if (known === undefined && image !== undefined && context !== null) {
      this.#images.delete(sheet);
      await drawBelow(context, image);
    }
    await this.#putAway();
    return context;
  }

  /** Encodes the least recently used sheet if there are too many canvases. */
  async #putAway(): Promise<void> {
    const [sheet, canvas] = [...this.#canvases][0] ?? [];
    if (this.#canvases.size <= MAX_CANVASES || sheet === undefined || canvas === undefined) return;
    const image = await encodeNatively(canvas);
    this.#canvases.delete(sheet);
    this.#images.set(sheet, image);
  }
}

/** Returns null in a browser without canvases in workers. */
function newCanvas(): OffscreenCanvas | null {
  return "OffscreenCanvas" in globalThis ? new OffscreenCanvas(SHEET_SIDE, SHEET_SIDE) : null;
}

function clearTile(context: OffscreenCanvasRenderingContext2D | null, file: number): void {
  context?.clearRect(...tileCorner(file, SHEET_TILE), SHEET_TILE, SHEET_TILE);
}

async function drawBelow(context: OffscreenCanvasRenderingContext2D, image: Blob): Promise<void> {
  const bitmap = await createImageBitmap(image);
  context.globalCompositeOperation = "destination-over";
  context.drawImage(bitmap, 0, 0);
  context.globalCompositeOperation = "source-over";
  bitmap.close();
}
