import { signal } from "@preact/signals";
import { SHEET_FILES } from "../../protocol/index.ts";
import type { RowThumbnails } from "../list/list-row.ts";
import { SIDE } from "../thumbnails/messages.ts";
import { sheetOf } from "../thumbnails/sheets.ts";
import { drawnTiles, storedSquare } from "./stored-tiles.ts";

/** Thumbnails in memory: a few screens full, 25 KB each. */
const MAX_THUMBNAILS = 200;

/** Thumbnails of a viewer's rows, cut out of the stored sheets: no file is loaded for them. */
export class SheetThumbnails implements RowThumbnails {
  readonly revision = signal(0);
  /** Encoded, by sheet. */
  readonly #images = new Map<number, Blob>();
  /** By file, the oldest first; null for a file without a picture on its sheet. */
  readonly #bitmaps = new Map<number, ImageBitmap | null>();
  readonly #visible = new Map<string, readonly number[]>();
  #isCutting = false;

  /** Takes a stored sheet, or a newer version of it. */
  setSheet(sheet: number, image: Blob): void {
    this.#images.set(sheet, image);
    for (const file of this.#bitmaps.keys()) if (sheetOf(file) === sheet) this.#drop(file);
    void this.#cutVisible();
  }

  setVisible(files: readonly number[], place: string): void {
    this.#visible.set(place, files);
    void this.#cutVisible();
  }

  get(file: number): ImageBitmap | null {
    return this.#bitmaps.get(file) ?? null;
  }

  get #visibleFiles(): readonly number[] {
    return [...this.#visible.values()].flat();
  }

  /** Cuts out what is visible, one sheet after the other: a decoded sheet takes 4 MB. */
  async #cutVisible(): Promise<void> {
    if (this.#isCutting) return;
    this.#isCutting = true;
    for (let files = this.#nextFiles(); files.length > 0; files = this.#nextFiles()) {
      await this.#cut(files);
      this.revision.value += 1;
    }
    this.#isCutting = false;
  }

  /** Returns the visible files of one sheet that is here and wasn't cut for them. */
  #nextFiles(): readonly number[] {
    const isDue = (file: number): boolean =>
      this.#images.has(sheetOf(file)) && !this.#bitmaps.has(file);
    const due = this.#visibleFiles.filter(isDue);
    const [first = 0] = due;
    return due.filter((file) => sheetOf(file) === sheetOf(first));
  }

  async #cut(files: readonly number[]): Promise<void> {
    const number = sheetOf(files[0] ?? 0);
    const image = this.#images.get(number);
    const sheet = image && (await createImageBitmap(image).catch(() => null));
    const drawn = sheet ? drawnTiles(sheet) : new Uint8Array(SHEET_FILES);
    for (const file of files) {
      const isDrawn = drawn[file % SHEET_FILES] === 1;
      this.#store(file, sheet && isDrawn ? await cutTile(sheet, file) : null);
    }
    sheet?.close();
    // A newer version has come meanwhile. It may lack a picture.
    if (this.#images.get(number) !== image) for (const file of files) this.#drop(file);
  }

  #store(file: number, bitmap: ImageBitmap | null): void {
    this.#bitmaps.set(file, bitmap);
    if (this.#bitmaps.size <= MAX_THUMBNAILS) return;
    const visible = this.#visibleFiles;
    const oldest = [...this.#bitmaps.keys()].find((id) => !visible.includes(id));
    if (oldest !== undefined) this.#drop(oldest);
  }

  #drop(file: number): void {
    this.#bitmaps.get(file)?.close();
    this.#bitmaps.delete(file);
  }
}

function cutTile(sheet: ImageBitmap, file: number): Promise<ImageBitmap | null> {
  const { left, top, side } = storedSquare(file);
  const options = { resizeWidth: SIDE, resizeHeight: SIDE, resizeQuality: "medium" } as const;
  return createImageBitmap(sheet, left, top, side, side, options).catch(() => null);
}
