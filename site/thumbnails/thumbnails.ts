import { signal } from "@preact/signals";
import type { Source } from "../../client/index.ts";
import type { ThumbnailResponse, ThumbnailRequest } from "./messages.ts";

/** Types that browsers draw. */
const TYPES: ReadonlySet<string> = new Set([
  "image/jpeg",
  "image/png",
  "image/webp",
  "image/gif",
  "image/avif",
  "image/bmp",
]);

/** A larger file is not read for the sake of a small picture. */
const MAX_BYTES = 32_000_000;

/** Thumbnails that are kept: some screens full, 25 KB each. */
const MAX_THUMBNAILS = 200;

/**
 * Thumbnails of one batch's pictures, made one after the other for the rows in sight, and for no
 * others: whoever scrolls past ten thousand files has those drawn where they stop.
 */
export class Thumbnails {
  /** Another number whenever there is another thumbnail. */
  readonly revision = signal(0);
  readonly #pictures = new Map<number, Blob>();
  /** By file, the oldest first. */
  readonly #bitmaps = new Map<number, ImageBitmap>();
  readonly #makeWorker: () => Worker;
  #worker: Worker | null = null;
  #visible: readonly number[] = [];
  #isBusy = false;

  constructor(makeWorker = startWorker) {
    this.#makeWorker = makeWorker;
  }

  /** Files of the batch, of which the first has the id `first`. */
  add(first: number, sources: readonly Pick<Source, "blob">[]): void {
    for (const [index, { blob }] of sources.entries()) {
      if (isDrawableImage(blob)) this.#pictures.set(first + index, blob);
    }
    this.#makeNext();
  }

  /** These files are in sight, and no others are. */
  setVisible(files: readonly number[]): void {
    this.#visible = files;
    this.#makeNext();
  }

  /** A file's thumbnail; null while there is none. */
  get(file: number): ImageBitmap | null {
    return this.#bitmaps.get(file) ?? null;
  }

  /** Lets go of everything. */
  dispose(): void {
    this.#worker?.terminate();
    this.#pictures.clear();
    for (const bitmap of this.#bitmaps.values()) bitmap.close();
    this.#bitmaps.clear();
  }

  #makeNext(): void {
    if (this.#isBusy) return;
    const file = this.#visible.find((id) => this.#pictures.has(id) && !this.#bitmaps.has(id));
    const blob = file === undefined ? undefined : this.#pictures.get(file);
    if (file === undefined || blob === undefined) return;
    const request: ThumbnailRequest = { file, blob };
    this.#isBusy = true;
    this.#worker ??= this.#start();
    this.#worker.postMessage(request, []);
  }

  #start(): Worker {
    const worker = this.#makeWorker();
    worker.onmessage = ({ data }: MessageEvent<ThumbnailResponse>) => this.#handleResponse(data);
    // A page without thumbnails is still a page: it stays busy, and asks for no more.
    worker.onerror = () => worker.terminate();
    return worker;
  }

  #handleResponse({ file, bitmap }: ThumbnailResponse): void {
    this.#isBusy = false;
    if (bitmap === null) this.#pictures.delete(file);
    else this.#store(file, bitmap);
    this.#makeNext();
  }

  #store(file: number, bitmap: ImageBitmap): void {
    this.#bitmaps.set(file, bitmap);
    if (this.#bitmaps.size > MAX_THUMBNAILS) this.#dropOldest();
    this.revision.value += 1;
  }

  #dropOldest(): void {
    const oldest = [...this.#bitmaps.keys()].find((id) => !this.#visible.includes(id));
    if (oldest === undefined) return;
    this.#bitmaps.get(oldest)?.close();
    this.#bitmaps.delete(oldest);
  }
}

function startWorker(): Worker {
  return new Worker(new URL("worker.ts", import.meta.url), { type: "module" });
}

/** Is this worth a look whether there is a picture in it? */
export function isDrawableImage({ type, size }: Pick<Blob, "type" | "size">): boolean {
  return TYPES.has(type) && size > 0 && size <= MAX_BYTES;
}
