import type { Ledger } from "../../client/index.ts";
import { SHEET_FILES } from "../../protocol/index.ts";
import { sheetOf } from "../thumbnails/sheets.ts";
import type { Thumbnails, TileQueue } from "../thumbnails/thumbnails.ts";

/** Files that are drawn before they are sent, and the rest of the last one's sheet. */
const AHEAD = 64;

/** Longest rest after a tile, in milliseconds. */
const MAX_REST_MS = 250;

type Files = Pick<Ledger, "count" | "state" | "sentBytes">;

interface OwnTilesOptions {
  files: Files;
  pictures: Pick<Thumbnails, "has" | "drawNext">;
  /** True while files are sent, which drawing must not slow down. */
  isSending: () => boolean;
  /** Takes a file's tile; null if it can't be drawn. */
  onTile: (file: number, tile: ImageBitmap | null) => void;
}

/**
 * Draws the tiles of this device's pictures in the order in which they are sent, just ahead of it. Between
 * two tiles it rests for as long as the last one took, so that sending keeps most of a processor.
 */
export class OwnTiles implements TileQueue {
  readonly #options: OwnTilesOptions;
  /** Files that were drawn, and files that can't be. */
  readonly #drawn = new Set<number>();
  readonly #undrawable = new Set<number>();
  /** Files that are being drawn. */
  readonly #started = new Set<number>();
  #next = 0;
  /** Number of files up to the last one that is or was being sent. */
  #reached = 0;
  #startedAt = 0;
  #rest: ReturnType<typeof setTimeout> | null = null;

  constructor(options: OwnTilesOptions) {
    this.#options = options;
  }

  /** Notes how far sending has come. @param changed files whose progress changed */
  onProgress(changed: Iterable<number>): void {
    const { files, pictures } = this.#options;
    const before = this.#reached;
    for (const file of changed) {
      if (file >= this.#reached && hasStarted(files, file)) this.#reached = file + 1;
    }
    if (sheetOf(before + AHEAD) !== sheetOf(this.#reached + AHEAD)) pictures.drawNext();
  }

  next(): number | null {
    const { files, isSending } = this.#options;
    if (this.#rest !== null || (isSending() && this.#started.size > 0)) return null;
    const end = Math.min(files.count, (sheetOf(this.#reached + AHEAD) + 1) * SHEET_FILES);
    while (this.#next < end && (!this.isDue(this.#next) || this.#started.has(this.#next)))
      this.#next += 1;
    if (this.#next >= end) return null;
    this.#startedAt = performance.now();
    this.#started.add(this.#next);
    return this.#next;
  }

  isDue(file: number): boolean {
    const { files, pictures } = this.#options;
    const isDone = this.#drawn.has(file) || this.#undrawable.has(file);
    return !isDone && pictures.has(file) && files.state(file) !== "cancelled";
  }

  take(file: number, tile: ImageBitmap | null): void {
    this.#started.delete(file);
    (tile === null ? this.#undrawable : this.#drawn).add(file);
    this.#options.onTile(file, tile);
    if (!this.#options.isSending()) return;
    const ms = Math.min(MAX_REST_MS, performance.now() - this.#startedAt);
    this.#rest ??= setTimeout(() => {
      this.#rest = null;
      this.#options.pictures.drawNext();
    }, ms);
  }

  onAdded(first: number): void {
    this.#next = Math.min(this.#next, first);
  }

  /** True if the file's tile was drawn here. */
  isDrawn(file: number): boolean {
    return this.#drawn.has(file);
  }

  /** True if the file's tile may still be drawn here. Nothing is known of a file that isn't declared. */
  isExpected(file: number): boolean {
    return file >= this.#options.files.count || this.isDue(file);
  }

  /** True if every picture of a sheet whose content is here has been drawn. */
  isComplete(sheet: number): boolean {
    const end = Math.min(this.#options.files.count, (sheet + 1) * SHEET_FILES);
    for (let file = sheet * SHEET_FILES; file < end; file++) if (this.isDue(file)) return false;
    return true;
  }

  dispose(): void {
    if (this.#rest !== null) clearTimeout(this.#rest);
  }
}

function hasStarted(files: Files, file: number): boolean {
  return files.sentBytes(file) > 0 || files.state(file) !== "queued";
}
