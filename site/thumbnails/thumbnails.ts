import { signal } from "@preact/signals";
import type { Source } from "../../client/index.ts";
import type { ThumbnailAnswer, ThumbnailRequest } from "./messages.ts";
import { mayBePicture } from "./may-be-picture.ts";

/** Thumbnails that are kept: some screens full, 25 KB each. */
const KEPT = 200;

/**
 * Thumbnails of one batch's pictures, made one after the other for the rows in sight, and for no
 * others: whoever scrolls past ten thousand files has those drawn where they stop.
 */
export class Thumbnails {
  /** Another number whenever there is another thumbnail. */
  readonly news = signal(0);
  readonly #pictures = new Map<number, Blob>();
  /** By file, the oldest first. */
  readonly #made = new Map<number, ImageBitmap>();
  readonly #makeWorker: () => Worker;
  #worker: Worker | null = null;
  #wanted: readonly number[] = [];
  #isBusy = false;

  constructor(makeWorker = startWorker) {
    this.#makeWorker = makeWorker;
  }

  /** Files of the batch, of which the first has the id `first`. */
  add(first: number, sources: readonly Pick<Source, "blob">[]): void {
    for (const [index, { blob }] of sources.entries()) {
      if (mayBePicture(blob)) this.#pictures.set(first + index, blob);
    }
    this.#makeNext();
  }

  /** These files are in sight, and no others are. */
  want(files: readonly number[]): void {
    this.#wanted = files;
    this.#makeNext();
  }

  /** A file's thumbnail; null while there is none. */
  of(file: number): ImageBitmap | null {
    return this.#made.get(file) ?? null;
  }

  /** Lets go of everything. */
  dispose(): void {
    this.#worker?.terminate();
    this.#pictures.clear();
    for (const bitmap of this.#made.values()) bitmap.close();
    this.#made.clear();
  }

  #makeNext(): void {
    if (this.#isBusy) return;
    const file = this.#wanted.find((id) => this.#pictures.has(id) && !this.#made.has(id));
    const blob = file === undefined ? undefined : this.#pictures.get(file);
    if (file === undefined || blob === undefined) return;
    const request: ThumbnailRequest = { file, blob };
    this.#isBusy = true;
    this.#worker ??= this.#start();
    this.#worker.postMessage(request, []);
  }

  #start(): Worker {
    const worker = this.#makeWorker();
    worker.onmessage = ({ data }: MessageEvent<ThumbnailAnswer>) => this.#take(data);
    // A page without thumbnails is still a page: it stays busy, and asks for no more.
    worker.onerror = () => worker.terminate();
    return worker;
  }

  #take({ file, bitmap }: ThumbnailAnswer): void {
    this.#isBusy = false;
    if (bitmap === null) this.#pictures.delete(file);
    else this.#keep(file, bitmap);
    this.#makeNext();
  }

  #keep(file: number, bitmap: ImageBitmap): void {
    this.#made.set(file, bitmap);
    if (this.#made.size > KEPT) this.#dropOldest();
    this.news.value += 1;
  }

  #dropOldest(): void {
    const oldest = [...this.#made.keys()].find((id) => !this.#wanted.includes(id));
    if (oldest === undefined) return;
    this.#made.get(oldest)?.close();
    this.#made.delete(oldest);
  }
}

function startWorker(): Worker {
  return new Worker(new URL("worker.ts", import.meta.url), { type: "module" });
}
