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

/** The state of the rows before they get other files. */
interface Displayed {
  /** By file. */
  progress: ReadonlyMap<number, RowProgress>;
  /** Times by file. */
  movedAt: ReadonlyMap<number, number>;
  /** Files by place. */
  fileAt: ReadonlyMap<number, number>;
  /** Places by file. */
  indexOf: ReadonlyMap<number, number>;
}

/** True if a file takes the place of another one. Where there was none, a person pressed on nothing else. */
function hasMoved({ index, file }: RowPosition, { fileAt, indexOf }: Displayed): boolean {
  return (fileAt.get(index) ?? file) !== file || (indexOf.get(file) ?? index) !== index;
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
      const before = this.#displayed();
      for (let nth = 0; nth < length; nth++) {
        this.#assign(nth, list.positionAt(first + nth), nth < inUse, before);
      }
      const shown = this.#pool.slice(0, length);
      this.#options.setVisible(shown.map(({ displayed }) => displayed.position.peek().file));
      if (inUse !== length) this.rows.value = shown;
    });
  }

  /** Returns what the rows display. Its progress moves with a file to another row. */
  #displayed(): Displayed {
    const rows = this.rows.peek().map(({ displayed }) => displayed);
    const places = rows.map(({ position }) => position.peek());
    return {
      progress: new Map(rows.map((row) => [row.position.peek().file, row.progress.peek()])),
      fileAt: new Map(places.map(({ index, file }) => [index, file])),
      movedAt: new Map(rows.map((row) => [row.position.peek().file, row.movedAt])),
      indexOf: new Map(places.map(({ index, file }) => [file, index])),
    };
  }

  #assign(nth: number, position: RowPosition, isInUse: boolean, before: Displayed): void {
    const row = (this.#pool[nth] ??= this.#options.makeRow(position));
    const movedAt = before.movedAt.get(position.file) ?? Number.NEGATIVE_INFINITY;
    row.displayed.movedAt = hasMoved(position, before) ? performance.now() : movedAt;
    if (row.displayed.isAt(position) && isInUse) return;
    row.displayed.show(position, before.progress.get(position.file));
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
