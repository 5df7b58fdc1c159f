import { SHEET_FILES } from "../../protocol/index.ts";
import { TilePictures } from "./tile-pictures.ts";

/** The pictures of one batch, and the changes that its contact sheet shows. */
export class BatchPictures {
  readonly tiles = new TilePictures();
  /** Called with the files whose pictures changed. */
  onChange: (files: Iterable<number>) => void = () => undefined;
  /** True if the picture of a file that has none may still come. */
  readonly isExpected: (file: number) => boolean;
  readonly #sheetImage: (sheet: number) => Promise<Blob | null>;

  /** @param sheetImage returns a sheet whose pictures were put before; null if it can't be had */
  constructor(
    sheetImage: (sheet: number) => Promise<Blob | null>,
    isExpected: (file: number) => boolean,
  ) {
    this.#sheetImage = sheetImage;
    this.isExpected = isExpected;
  }

  /** Sets a file's picture, and frees the bitmap. */
  put(file: number, tile: ImageBitmap): void {
    this.tiles.put(file, tile);
    tile.close();
    this.onChange([file]);
  }

  /**
   * Sets the pictures of a whole sheet.
   *
   * @param isWanted false for files that keep what they have
   */
  async putSheet(sheet: number, image: Blob, isWanted: (file: number) => boolean): Promise<void> {
    // Not a picture, although the server has checked its first bytes: the sheet stays as it is.
    const bitmap = await createImageBitmap(image).catch(() => null);
    if (bitmap === null) return;
    this.tiles.putSheet(sheet, bitmap, isWanted);
    // Also the files without a picture on it, for which none is expected any more.
    this.onChange(filesOn(sheet));
    bitmap.close();
  }

  remove(file: number): void {
    this.tiles.remove(file);
    this.onChange([file]);
  }

  /** Sets how large tiles are shown, in device pixels. */
  setShownSide(pixels: number): void {
    for (const sheet of this.tiles.setShownSide(pixels)) void this.#putAgain(sheet);
  }

  /** Draws all pictures again, after the browser has discarded its canvases. */
  restore(): void {
    for (const sheet of this.tiles.sheets) void this.#putAgain(sheet);
  }

  async #putAgain(sheet: number): Promise<void> {
    const image = await this.#sheetImage(sheet);
    if (image !== null) await this.putSheet(sheet, image, (file) => this.tiles.has(file));
  }
}

/** Returns the ids of the files that a sheet may show. */
export function filesOn(sheet: number): number[] {
  return Array.from({ length: SHEET_FILES }, (_, place) => sheet * SHEET_FILES + place);
}
