import { signal } from "@preact/signals";
import type { UploaderOptions } from "../../client/index.ts";
import type { IncomingFiles } from "../upload/read-drop.ts";
import type { Upload, Uploads } from "../upload/uploads.ts";
import type { BatchModule } from "./batch-module.tsx";
import { loadBatchModule } from "./load-batch-module.ts";

interface LoadedUploads {
  module: BatchModule;
  uploads: Uploads;
}

/** The uploads of one element. Files that are added before the batch module has loaded wait for it. */
export class LazyUploads {
  /** Null until the module has loaded. */
  readonly loaded = signal<LoadedUploads | null>(null);
  /** Files that wait for the module. */
  readonly waiting = signal<readonly IncomingFiles[]>([]);
  readonly #options: () => UploaderOptions;
  #bytesPerSecond: number | null = null;

  /** @param options called for each new batch */
  constructor(options: () => UploaderOptions) {
    this.#options = options;
  }

  get current(): Upload | null {
    return this.loaded.peek()?.uploads.current.peek() ?? null;
  }

  /** The bandwidth limit in bytes per second; null is none. */
  get bytesPerSecond(): number | null {
    return this.#bytesPerSecond;
  }

  set bytesPerSecond(rate: number | null) {
    this.#bytesPerSecond = rate;
    this.#applyBandwidthLimit();
  }

  get running(): boolean {
    return this.waiting.peek().length > 0 || this.current?.uploader.running === true;
  }

  /** Loads the module, and asks the server for the limits of the next batch. */
  async prepare(): Promise<void> {
    const { uploads } = this.#open(await loadBatchModule());
    await uploads.nextLimits.ready();
  }

  /** Call when the next batch may have other limits. */
  renewLimits(): void {
    this.loaded.peek()?.uploads.nextLimits.renew();
    this.#askForLimits();
  }

  /** Asks for the limits that the empty box states. During an upload, an app may set a grant at each event. */
  #askForLimits(): void {
    const uploads = this.loaded.peek()?.uploads;
    if (uploads?.current.peek() === null) void uploads.nextLimits.ready();
  }

  /** Uploads files, as soon as the module has loaded. */
  addIncoming(incoming: IncomingFiles): void {
    const loaded = this.loaded.peek();
    if (loaded !== null) return void loaded.uploads.addIncoming(incoming);
    void loadBatchModule().then((module) => this.#addWaiting(module));
    this.waiting.value = [...this.waiting.peek(), incoming];
  }

  /** Returns the current upload; waits for the module if files do. */
  async settled(): Promise<Upload | null> {
    if (this.waiting.peek().length > 0) await loadBatchModule();
    return this.current;
  }

  /** Discards the current upload and the files that wait. */
  clear(): void {
    this.waiting.value = [];
    this.loaded.peek()?.uploads.clear();
    this.#askForLimits();
  }

  // Runs for each `addIncoming` that had to wait. The first run adds all of the files.
  #addWaiting(module: BatchModule): void {
    const waiting = this.waiting.peek();
    if (waiting.length === 0) return;
    const { uploads } = this.#open(module);
    this.waiting.value = [];
    for (const incoming of waiting) void uploads.addIncoming(incoming);
  }

  #open(module: BatchModule): LoadedUploads {
    this.loaded.value ??= { module, uploads: new module.AppUploads(this.#options) };
    this.#applyBandwidthLimit();
    return this.loaded.value;
  }

  #applyBandwidthLimit(): void {
    const uploads = this.loaded.peek()?.uploads;
    if (uploads) uploads.bytesPerSecond.value = this.#bytesPerSecond;
  }
}
