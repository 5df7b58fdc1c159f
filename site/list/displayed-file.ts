import { type ReadonlySignal, type Signal, signal } from "@preact/signals";
import {
  isSameProgress,
  nextShown,
  progressOf,
  type ProgressSource,
  type RowProgress,
} from "./row-progress.ts";

/** The place of a row, and its content. */
export interface RowPosition {
  /** Row in the list (0-based). */
  index: number;
  /** Id of the file; of a heading, that of the first file below it. */
  file: number;
  /** The folder of a heading; null for a file. */
  folder: number | null;
}

/**
 * The file in a row, and the progress that the row displays. `step` brings it closer to the file's own
 * progress, and nothing else does: if the row also followed the file between two steps, it would display
 * a state ahead of those that are still to come, or leave out one that a step has taken account of.
 */
export class DisplayedFile {
  readonly position: Signal<RowPosition>;
  readonly progress: ReadonlySignal<RowProgress>;
  /** Time at which the file took the place of another one, in ms. Rows that only scroll have not moved. */
  movedAt = Number.NEGATIVE_INFINITY;
  readonly #files: ProgressSource;
  readonly #progress: Signal<RowProgress>;
  /** Time at which the row fell behind, in ms; NaN if the progress is the file's own. */
  #behindSince = Number.NaN;

  constructor(files: ProgressSource, first: RowPosition) {
    this.#files = files;
    this.position = signal(first);
    this.#progress = signal(progressOf(files, first.file));
    this.progress = this.#progress;
  }

  /**
   * Puts a file into the row, or the same one once more.
   *
   * @param shown progress that another row displayed of it; default: the file's own
   */
  show(next: RowPosition, shown = progressOf(this.#files, next.file)): void {
    if (!this.isAt(next)) this.position.value = next;
    this.#behindSince = Number.NaN;
    this.#setProgress(shown);
  }

  /** True if the row shows that already. */
  isAt({ index, file, folder }: RowPosition): boolean {
    const at = this.position.peek();
    return at.index === index && at.file === file && at.folder === folder;
  }

  /** Displays the next step to the file's own progress. @returns true if more will follow */
  step(now: number): boolean {
    const since = Number.isNaN(this.#behindSince) ? now : this.#behindSince;
    const current = progressOf(this.#files, this.position.peek().file);
    const shown = nextShown(this.#progress.peek(), current, now - since);
    const isBehind = shown !== current;
    this.#behindSince = isBehind ? since : Number.NaN;
    this.#setProgress(shown);
    return isBehind;
  }

  #setProgress(next: RowProgress): void {
    if (!isSameProgress(this.#progress.peek(), next)) this.#progress.value = next;
  }
}
