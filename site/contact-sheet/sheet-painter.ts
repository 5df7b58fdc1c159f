import { nextFrame } from "../ui/next-frame.ts";
import { type TileBox, tileBox, type TileLayout } from "./tile-layout.ts";
import { paintTile, type Tile, type TileTones, tonesOf } from "./tile-painter.ts";

/** Time and tiles per frame. The browser draws them after the slice, which takes about as long again. */
const SLICE_MS = 4;
const SLICE_TILES = 1500;

/** A canvas of more pixels stays blank on iPhones. */
const MAX_PIXELS = 16_000_000;

/** Paints tiles on a canvas, a few milliseconds per frame: only those that changed. */
export class SheetPainter {
  readonly #canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D | null;
  readonly #tileAt: (place: number) => Tile;
  /** Places of the tiles to paint, in the order in which they changed. */
  readonly #due = new Set<number>();
  #layout: TileLayout | null = null;
  #ratio = 1;
  #isRtl = false;
  #tones: TileTones;
  #cancelSlice: (() => void) | null = null;

  /** @param tileAt returns the display of the file at a place */
  constructor(canvas: HTMLCanvasElement, tileAt: (place: number) => Tile) {
    this.#canvas = canvas;
    this.#context = canvas.getContext("2d");
    this.#tileAt = tileAt;
    this.#tones = tonesOf(canvas);
  }

  /** True if the first tile is at the right edge. */
  get isRtl(): boolean {
    return this.#isRtl;
  }

  /** Longer side of a tile, in device pixels. */
  get tilePixels(): number {
    return this.#layout === null ? 1 : Math.ceil(this.#layout.pitch * this.#ratio);
  }

  /** Sets the layout, and paints the tiles that it adds, or all if it moves them. */
  setLayout(layout: TileLayout): void {
    const before = this.#layout;
    const { width, height, tiles } = layout;
    const ratio = Math.min(devicePixelRatio, Math.sqrt(MAX_PIXELS / Math.max(1, width * height)));
    const isMoved = before === null || ratio !== this.#ratio || hasMoved(before, layout);
    this.#layout = layout;
    this.#ratio = ratio;
    if (isMoved) return this.#resize(layout);
    this.paint(Array.from({ length: tiles - before.tiles }, (_, place) => before.tiles + place));
  }

  /** Paints all tiles, in the current colours. */
  repaint(): void {
    this.#tones = tonesOf(this.#canvas);
    this.#isRtl = getComputedStyle(this.#canvas).direction === "rtl";
    this.paint(Array.from({ length: this.#layout?.tiles ?? 0 }, (_, place) => place));
  }

  /** Paints the tiles at these places within the next frames. */
  paint(places: Iterable<number>): void {
    for (const place of places) this.#due.add(place);
    if (this.#due.size > 0) this.#cancelSlice ??= nextFrame(() => this.#paintSlice());
  }

  /** Stops painting. */
  dispose(): void {
    this.#cancelSlice?.();
    this.#due.clear();
  }

  /** Resizing clears the canvas, so the first tiles are painted at once. */
  #resize({ width, height }: TileLayout): void {
    this.#canvas.style.height = `${height}px`;
    this.#canvas.width = Math.round(width * this.#ratio);
    this.#canvas.height = Math.round(height * this.#ratio);
    this.repaint();
    this.#cancelSlice?.();
    this.#paintSlice();
  }

  #paintSlice(): void {
    this.#cancelSlice = null;
    const end = performance.now() + SLICE_MS;
    let painted = 0;
    for (const place of this.#due) {
      this.#due.delete(place);
      this.#paintTile(place);
      painted += 1;
      if (painted === SLICE_TILES || performance.now() > end) break;
    }
    this.paint([]);
  }

  #paintTile(place: number): void {
    if (this.#context === null || this.#layout === null || place >= this.#layout.tiles) return;
    paintTile(this.#context, this.#boxOf(this.#layout, place), this.#tileAt(place), this.#tones);
  }

  #boxOf(layout: TileLayout, place: number): TileBox {
    return tileBox(layout, place, this.#ratio, this.#isRtl);
  }
}

/** True if a tile of both layouts has another place, or one of them has fewer tiles. */
function hasMoved(
  before: TileLayout,
  { tiles, columns, pitch, width, height }: TileLayout,
): boolean {
  const isSameGrid = columns === before.columns && pitch === before.pitch;
  const isSameSize = width === before.width && height === before.height;
  return !isSameGrid || !isSameSize || tiles < before.tiles;
}
