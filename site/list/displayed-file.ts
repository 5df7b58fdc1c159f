import { computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { Board } from "../batch/board.ts";
import { nextShown, progressOf, type RowProgress } from "./row-progress.ts";

/** The place of a row, and its content. */
export interface RowPosition {
  /** Row in the list (0-based). */
  index: number;
  /** Id of the file; of a heading, that of the first file below it. */
  file: number;
  /** The folder of a heading; null for a file. */
  folder: number | null;
}

/** Progress that a row displays. */
interface Shown {
  file: number;
  progress: RowProgress;
  /** Time at which the row fell behind, in ms; NaN if the progress is the file's own. */
  behindSince: number;
}

/**
 * The file in a row, and the progress that the row displays: the file's own, except for the short time
 * in which `step` lets it lag behind. A lag belongs to one file, so that a row that was out of use or
 * was given to another file never displays an old state.
 */
export class DisplayedFile {
  readonly position: Signal<RowPosition>;
  readonly progress: ReadonlySignal<RowProgress>;
  readonly #ledger: Board["ledger"];
  readonly #lag = signal<Shown | null>(null);
  /** The progress after the latest step. */
  #last: Shown;

  constructor({ ledger, changed }: Pick<Board, "ledger" | "changed">, first: RowPosition) {
    this.#ledger = ledger;
    this.position = signal(first);
    this.#last = this.#ownProgress(first.file);
    this.progress = computed(() => {
      void changed.value;
      const { file } = this.position.value;
      const lag = this.#lag.value;
      return lag?.file === file ? lag.progress : progressOf(ledger, file);
    });
  }

  /** Puts a file into the row, or the same one once more. */
  show(next: RowPosition): void {
    if (!this.isAt(next)) this.position.value = next;
    this.#last = this.#ownProgress(next.file);
    this.#lag.value = null;
  }

  /** True if the row shows that already. */
  isAt({ index, file, folder }: RowPosition): boolean {
    const at = this.position.peek();
    return at.index === index && at.file === file && at.folder === folder;
  }

  /** Displays the next step to the file's own progress. @returns true if more will follow */
  step(now: number): boolean {
    const { file, progress, behindSince } = this.#last;
    const since = Number.isNaN(behindSince) ? now : behindSince;
    const current = progressOf(this.#ledger, file);
    const shown = nextShown(progress, current, now - since);
    const isBehind = shown !== current;
    this.#last = { file, progress: shown, behindSince: isBehind ? since : Number.NaN };
    this.#lag.value = isBehind ? this.#last : null;
    return isBehind;
  }

  #ownProgress(file: number): Shown {
    return { file, progress: progressOf(this.#ledger, file), behindSince: Number.NaN };
  }
}
