import { batch, signal } from "@preact/signals";
import type { Thumbnails } from "../../thumbnails/thumbnails.ts";
import type { Board } from "../board.ts";
import { createRow, type Place, type Row } from "./row.ts";
import type { RowWindow } from "./row-window.ts";
import type { Selection } from "./selection.ts";

/** The few rows that the page has, handed from file to file as the list scrolls. */
export class RowPool {
  /** The rows in use, from top to bottom. */
  readonly rows = signal<readonly Row[]>([]);
  readonly #board: Board;
  readonly #thumbnails: Thumbnails | null;
  readonly #pool: Row[] = [];

  constructor(board: Board, thumbnails: Thumbnails | null) {
    this.#board = board;
    this.#thumbnails = thumbnails;
  }

  /** Gives each row of the window its file. */
  show({ first, length }: RowWindow, selection: Selection): void {
    batch(() => {
      for (let nth = 0; nth < length; nth++) {
        this.#place(nth, { index: first + nth, file: selection.fileAt(first + nth) });
      }
      this.#thumbnails?.want(this.#pool.slice(0, length).map(({ place }) => place.peek().file));
      if (this.rows.peek().length !== length) this.rows.value = this.#pool.slice(0, length);
    });
  }

  #place(nth: number, place: Place): void {
    const row = this.#pool[nth];
    if (row === undefined)
      return void this.#pool.push(createRow(this.#board, place, this.#thumbnails));
    const { index, file } = row.place.peek();
    if (index !== place.index || file !== place.file) row.place.value = place;
  }
}
