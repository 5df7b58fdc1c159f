import { signal } from "@preact/signals";
import type { Source } from "../../client/index.ts";
import type { ThumbnailRequest, ThumbnailResponse } from "./messages.ts";

/** Image types that browsers can draw. */
const TYPES: ReadonlySet<string> = new Set([
  "image/jpeg",
  "image/png",
  "image/webp",
  "image/gif",
  "image/avif",
  "image/bmp",
]);

/** Larger files are not read just for a thumbnail. */
const MAX_BYTES = 32_000_000;

/** Thumbnails in memory: a few screens full, 25 KB each. */
const MAX_THUMBNAILS = 200;

/**
 * Thumbnails of one batch's pictures. They are made one at a time and only for visible rows, so that
 * scrolling past thousands of files costs nothing.
 */
export class Thumbnails {
  /** Counts up with every new thumbnail. */
  readonly revision = signal(0);
  readonly #pictures = new Map<number, Blob>();
  /** Bitmaps by file, the oldest first. */
  readonly #bitmaps = new Map<number, ImageBitmap>();
  readonly #makeWorker: () => Worker;
  #worker: Worker | null = null;
  #visible: readonly number[] = [];
  #isBusy = false;

  constructor(makeWorker = startWorker) {
    this.#makeWorker = makeWorker;
  }

  /** Adds files of the batch. @param first id of the first one */
  add(first: number, sources: readonly Pick<Source, "blob">[]): void {
    for (const [index, { blob }] of sources.entries()) {
      if (isDrawableImage(blob)) this.#pictures.set(first + index, blob);
    }
    this.#makeNext();
  }

  /** Sets which files are visible. */
  setVisible(files: readonly number[]): void {
    this.#visible = files;
    this.#makeNext();
  }

  /** Returns a file's thumbnail; null if there is none. */
  get(file: number): ImageBitmap | null {
    return this.#bitmaps.get(file) ?? null;
  }

  /** Stops the worker and frees all bitmaps. */
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
    // If the worker fails, it stays busy and makes no more thumbnails. The page works without them.
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
    if (this.#bitmaps.size > MAX_THUMBNAILS) this.#closeOldest();
    this.revision.value += 1;
  }

  #closeOldest(): void {
    const oldest = [...this.#bitmaps.keys()].find((id) => !this.#visible.includes(id));
    if (oldest === undefined) return;
    this.#bitmaps.get(oldest)?.close();
    this.#bitmaps.delete(oldest);
  }
}

/** True if the file is worth decoding for a thumbnail. */
export function isDrawableImage({ type, size }: Pick<Blob, "type" | "size">): boolean {
  return isPictureType(type) && size > 0 && size <= MAX_BYTES;
}

/** True if browsers can draw images of this media type. */
export function isPictureType(type: string): boolean {
  return TYPES.has(type);
}

function startWorker(): Worker {
  return new Worker(new URL("worker.ts", import.meta.url), { type: "module" });
}
