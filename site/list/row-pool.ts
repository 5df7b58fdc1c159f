import { batch, signal } from "@preact/signals";
import { createRow, type RowPosition, type ListRow, type RowContext } from "./list-row.ts";
import type { RowWindow } from "./row-window.ts";
import type { ListView } from "./list-view.ts";

/** The few rows that the page has, handed from file to file as the list scrolls. */
export class RowPool {
  /** The rows in use, from top to bottom. */
  readonly rows = signal<readonly ListRow[]>([]);
  readonly #source: RowContext;
  readonly #pool: ListRow[] = [];
  #isFollowing = false;

  constructor(source: RowContext) {
    this.#source = source;
  }

  /** Gives each row of the window its file. */
  show({ first, length }: RowWindow, selection: ListView): void {
    batch(() => {
      for (let nth = 0; nth < length; nth++) {
        this.#place(nth, { index: first + nth, file: selection.fileAt(first + nth) });
      }
      this.#source.thumbnails?.setVisible(
        this.#pool.slice(0, length).map(({ place }) => place.peek().file),
      );
      if (this.rows.peek().length !== length) this.rows.value = this.#pool.slice(0, length);
    });
  }

  #place(nth: number, place: RowPosition): void {
    const row = this.#pool[nth];
    if (row === undefined) return void this.#pool.push(createRow(this.#source, place));
    const { index, file } = row.place.peek();
    if (index !== place.index || file !== place.file) row.show(place);
  }

  /**
   * Has each row show the states that its file goes through, until it is where its file is: one a
   * frame that is drawn, however late frames are.
   */
  follow(): void {
    void this.#source.board.changed.value;
    if (this.#isFollowing) return;
    this.#isFollowing = true;
    requestAnimationFrame(() => this.#step());
  }

  #step(): void {
    this.#isFollowing = false;
    let isBehind = false;
    for (const row of this.rows.peek()) isBehind = row.step() || isBehind;
    if (isBehind) this.follow();
  }
}
