import { signal } from "@preact/signals";
import type { Source } from "../../client/index.ts";
import type { DrawnPicture } from "./messages.ts";
import { isHeic, isPicture, type NamedType } from "./picture-type.ts";
import { PictureWorker } from "./picture-worker.ts";

/** Larger files are not read just for a thumbnail. */
const MAX_BYTES = 32_000_000;

/** Thumbnails in memory: a few screens full, 25 KB each. */
const MAX_THUMBNAILS = 200;

/**
 * Tiles that are requested at a time. The worker draws one after the other, and would otherwise wait for
 * the page between two, which takes longer than a small picture.
 */
const MAX_REQUESTS = 3;

/** HEIC pictures that the decoder refuses before a browser counts as one that can't draw them. */
const HEIC_TRIES = 3;

/** A file with a picture, as far as its content is here. */
type PictureSource = Pick<Source, "blob"> & { name?: string };

/** Draws the tiles of a contact sheet while no row waits for its thumbnail. */
export interface TileQueue {
  /** Returns the file whose tile is drawn next, each one once; null for none at the moment. */
  next(): number | null;
  /** True if the file's tile is still to be drawn. */
  isDue(file: number): boolean;
  /** Takes a file's tile; null if it can't be drawn. */
  take(file: number, tile: ImageBitmap | null): void;
  /** Called when the contents of further files are here. */
  onAdded(first: number): void;
}

/**
 * Pictures of one batch's files. They are drawn one at a time: first the thumbnails of visible rows, so
 * that scrolling past thousands of files costs nothing, then the tiles of the contact sheet.
 */
export class Thumbnails {
  /** Counts up with every new thumbnail, and with every picture that can't be drawn. */
  readonly revision = signal(0);
  readonly worker: PictureWorker;
  readonly #pictures = new Map<number, Blob>();
  readonly #heic = new Set<number>();
  /** Bitmaps by file, the oldest first. */
  readonly #bitmaps = new Map<number, ImageBitmap>();
  #tiles: TileQueue | null = null;
  /** Files in rows that are visible, by the place of the rows. */
  readonly #visible = new Map<string, readonly number[]>();
  /** Number of requests that the worker hasn't answered. */
  #requests = 0;
  #isThumbnailRequested = false;
  #heicTries = HEIC_TRIES;

  constructor(worker = new PictureWorker()) {
    this.worker = worker;
  }

  /** Adds files of the batch. @param first id of the first one */
  add(first: number, sources: readonly PictureSource[]): void {
    for (const [index, { blob, name = "" }] of sources.entries()) {
      const file = { name, type: blob.type, size: blob.size };
      if (!isDrawableImage(file)) continue;
      this.#pictures.set(first + index, blob);
      if (isHeic(file)) this.#heic.add(first + index);
    }
    this.#tiles?.onAdded(first);
    this.drawNext();
  }

  /** Sets which files are visible in one place of the page. */
  setVisible(files: readonly number[], place = "list"): void {
    this.#visible.set(place, files);
    this.drawNext();
  }

  /** Draws tiles as well. */
  drawTiles(queue: TileQueue): void {
    this.#tiles = queue;
    this.drawNext();
  }

  get #visibleFiles(): readonly number[] {
    return [...this.#visible.values()].flat();
  }

  /** Returns a file's thumbnail; null if there is none. */
  get(file: number): ImageBitmap | null {
    return this.#bitmaps.get(file) ?? null;
  }

  /** The files that may have a picture, and whose content is here. */
  get files(): Iterable<number> {
    return this.#pictures.keys();
  }

  /** True if the file may have a picture, and its content is here. */
  has(file: number): boolean {
    return this.#pictures.has(file);
  }

  /** Stops the worker and frees all bitmaps. */
  dispose(): void {
    this.worker.dispose();
    this.#tiles = null;
    this.#pictures.clear();
    for (const bitmap of this.#bitmaps.values()) bitmap.close();
    this.#bitmaps.clear();
  }

  /** Requests the next thumbnail once the worker is free, or the next tiles. */
  drawNext(): void {
    // A thumbnail is a tile as well, which the queue would request once more meanwhile.
    while (this.#requests < MAX_REQUESTS && !this.#isThumbnailRequested) {
      const visible = this.#visibleFiles.find((id) => this.has(id) && !this.#bitmaps.has(id));
      // One at a time: another row may be visible by then.
      if (visible !== undefined && this.#requests > 0) return;
      const file = visible ?? this.#tiles?.next() ?? null;
      if (file === null) return;
      void this.#draw(file, visible !== undefined);
    }
  }

  // If the worker fails, it stays busy and draws no more pictures. The page works without them.
  async #draw(file: number, isThumbnail: boolean): Promise<void> {
    const blob = this.#pictures.get(file);
    if (blob === undefined) return;
    this.#requests += 1;
    this.#isThumbnailRequested = isThumbnail;
    const isTile = this.#tiles?.isDue(file) ?? false;
    const drawn = await this.worker.request({ task: "draw", file, blob, isThumbnail, isTile });
    this.#requests -= 1;
    this.#isThumbnailRequested = false;
    this.#take(file, drawn);
    if (isTile) this.#tiles?.take(file, drawn.tile);
    this.drawNext();
  }

  #take(file: number, { thumbnail, tile, isUndecodable }: DrawnPicture): void {
    if (thumbnail === null && tile === null) this.#drop(file, isUndecodable);
    else if (this.#heic.has(file)) this.#heicTries = Number.POSITIVE_INFINITY;
    if (thumbnail !== null) this.#store(file, thumbnail);
  }

  /** Forgets a picture that can't be drawn, and all HEIC pictures once the decoder has refused some. */
  #drop(file: number, isUndecodable: boolean): void {
    this.#pictures.delete(file);
    this.revision.value += 1;
    // Others are only too large, or can't be read.
    if (!isUndecodable || !this.#heic.has(file) || --this.#heicTries > 0) return;
    for (const id of this.#heic) this.#pictures.delete(id);
  }

  #store(file: number, bitmap: ImageBitmap): void {
    this.#bitmaps.set(file, bitmap);
    if (this.#bitmaps.size > MAX_THUMBNAILS) this.#closeOldest();
    this.revision.value += 1;
  }

  #closeOldest(): void {
    const oldest = [...this.#bitmaps.keys()].find((id) => !this.#visibleFiles.includes(id));
    if (oldest === undefined) return;
    this.#bitmaps.get(oldest)?.close();
    this.#bitmaps.delete(oldest);
  }
}

/** True if the file is worth decoding for a thumbnail. */
export function isDrawableImage(file: NamedType & { size: number }): boolean {
  return isPicture(file) && file.size > 0 && file.size <= MAX_BYTES;
}
