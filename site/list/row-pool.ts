import { batch, signal } from "@preact/signals";
import type { Board } from "../batch/board.ts";
import { nextFrame } from "../ui/next-frame.ts";
import type { DisplayedFile, RowPosition } from "./displayed-file.ts";
import type { ListView } from "./list-view.ts";
import type { RowProgress } from "./row-progress.ts";
import type { RowWindow } from "./row-window.ts";

/** A row of a pool. */
interface PooledRow {
  displayed: DisplayedFile;
}

interface RowPoolOptions<Row> {
  changed: Board["changed"];
  /** Called with the files in the rows. */
  setVisible: (files: readonly number[]) => void;
  makeRow: (position: RowPosition) => Row;
}

/** The few rows in the DOM, which are reused for other files while the list scrolls. */
export class RowPool<Row extends PooledRow> {
  /** The rows in use, from top to bottom. */
  readonly rows = signal<readonly Row[]>([]);
  readonly #options: RowPoolOptions<Row>;
  readonly #pool: Row[] = [];
  #isStepping = false;

  constructor(options: RowPoolOptions<Row>) {
    this.#options = options;
  }

  /** Assigns a file to each row of the window. */
  show({ first, length }: RowWindow, list: Pick<ListView, "positionAt">): void {
    batch(() => {
      const inUse = this.rows.peek().length;
      const progress = this.#displayedProgress();
      for (let nth = 0; nth < length; nth++) {
        this.#assign(nth, list.positionAt(first + nth), nth < inUse, progress);
      }
      const shown = this.#pool.slice(0, length);
      this.#options.setVisible(shown.map(({ displayed }) => displayed.position.peek().file));
      if (inUse !== length) this.rows.value = shown;
    });
  }

  /** Returns the progress that is displayed, by file: it moves with the file to another row. */
  #displayedProgress(): Map<number, RowProgress> {
    const rows = this.rows.peek().map(({ displayed }) => displayed);
    return new Map(rows.map(({ position, progress }) => [position.peek().file, progress.peek()]));
  }

  #assign(
    nth: number,
    position: RowPosition,
    isInUse: boolean,
    progress: ReadonlyMap<number, RowProgress>,
  ): void {
    const row = this.#pool[nth];
    if (row === undefined) return void this.#pool.push(this.#options.makeRow(position));
    if (row.displayed.isAt(position) && isInUse) return;
    row.displayed.show(position, progress.get(position.file));
  }

  /**
   * Displays the states that each row's file passed through, one per drawn frame, until the row has
   * caught up. Called in an effect, which this subscribes to the board's changes.
   */
  follow(): void {
    void this.#options.changed.value;
    if (!this.#isStepping) this.#step(performance.now());
  }

  #step(now: number): void {
    let isBehind = false;
    batch(() => {
      for (const row of this.rows.peek()) isBehind = row.displayed.step(now) || isBehind;
    });
    this.#isStepping = isBehind;
    // Also in a hidden tab, which draws no frames.
    if (isBehind) nextFrame(() => this.#step(performance.now()));
  }
}
