import { batch, signal } from "@preact/signals";
import { createRow, type ListRow, type RowContext, type RowPosition } from "./list-row.ts";
import type { ListView } from "./list-view.ts";
import type { RowWindow } from "./row-window.ts";

/** The few rows in the DOM, which are reused for other files while the list scrolls. */
export class RowPool {
  /** The rows in use, from top to bottom. */
  readonly rows = signal<readonly ListRow[]>([]);
  readonly #context: RowContext;
  readonly #pool: ListRow[] = [];
  #isStepping = false;

  constructor(context: RowContext) {
    this.#context = context;
  }

  /** Assigns a file to each row of the window. */
  show({ first, length }: RowWindow, list: ListView): void {
    batch(() => {
      for (let nth = 0; nth < length; nth++) {
        this.#assign(nth, { index: first + nth, file: list.fileAt(first + nth) });
      }
      const inUse = this.#pool.slice(0, length);
      this.#context.thumbnails?.setVisible(inUse.map(({ position }) => position.peek().file));
      if (this.rows.peek().length !== length) this.rows.value = inUse;
    });
  }

  #assign(nth: number, position: RowPosition): void {
    const row = this.#pool[nth];
    if (row === undefined) return void this.#pool.push(createRow(this.#context, position));
    const { index, file } = row.position.peek();
    if (index !== position.index || file !== position.file) row.show(position);
  }

  /**
   * Displays the states that each row's file passed through, one per drawn frame, until the row has
   * caught up. Called in an effect, which this subscribes to the board's changes.
   */
  follow(): void {
    void this.#context.board.changed.value;
    if (this.#isStepping) return;
    this.#isStepping = true;
    requestAnimationFrame(() => this.#step());
  }

  #step(): void {
    this.#isStepping = false;
    let isBehind = false;
    for (const row of this.rows.peek()) isBehind = row.step() || isBehind;
    if (isBehind) this.follow();
  }
}
