import { batch, computed, type ReadonlySignal, signal } from "@preact/signals";
import type { Ledger } from "../../client/index.ts";
import type { Board } from "../batch/board.ts";
import { Hold } from "./hold.ts";
import { ListedFiles } from "./listed-files.ts";
import { SearchIndex } from "./search-index.ts";
import { searchKey } from "./search-key.ts";
import { SortOrder } from "./sort-order.ts";
import { type Filter, statesOf } from "./state-display.ts";

type FilterableFiles = Pick<Ledger, "count" | "isReplaced" | "state">;

export interface ListQuery {
  filter: Filter;
  /** True if the file matches the search. */
  matches: (id: number) => boolean;
  /** File ids in the order of the result; ids that are missing follow in the order added. */
  order: Uint32Array | null;
}

/** Returns the ids of the files that match the query. */
export function filterFiles(
  files: FilterableFiles,
  { filter, matches, order }: ListQuery,
): Uint32Array {
  const states = statesOf(filter);
  const found = new Uint32Array(files.count);
  let length = 0;
  for (let place = 0; place < files.count; place++) {
    const id = order?.[place] ?? place;
    const isShown = states.includes(files.state(id)) && !files.isReplaced(id);
    if (isShown && matches(id)) found[length++] = id;
  }
  return found.subarray(0, length);
}

/** A file and its last row (0-based), which holds its place once the list doesn't show the file. */
export interface ActiveRow {
  file: number;
  row: number;
}

/** The choices of a person. They take effect at once, even while the rows are held. */
type Choices = readonly [filter: Filter, query: string, order: string];

/** Rows of the list, as they were last computed. */
interface Rows {
  choices: Choices;
  /** File ids by row. */
  ids: Uint32Array;
  /** Number of files that were known then. Later ones follow, if no filter decides about them. */
  known: number;
}

/** The files that the list shows, in its order. */
export class ListView {
  /** The active file: sorting and filtering keep the same one active. Null before a row was used. */
  readonly active = signal<ActiveRow | null>(null);
  /** The file that was last revealed. A new object each time, as one file may be revealed twice. */
  readonly revealed = signal<{ file: number } | null>(null);
  readonly filter = signal<Filter>("all");
  readonly query = signal("");
  readonly hold = new Hold();
  readonly files: ListedFiles;
  readonly search: SearchIndex;
  readonly order: SortOrder;
  /** Number of rows. */
  readonly length: ReadonlySignal<number>;
  readonly #board: Board;
  /** Changes with the files that the list has. */
  readonly #members: ReadonlySignal<string>;
  readonly #latest: ReadonlySignal<Rows>;
  readonly #rows: ReadonlySignal<Rows>;

  constructor(board: Board) {
    this.#board = board;
    this.files = new ListedFiles(board);
    this.search = new SearchIndex(this.files);
    this.order = new SortOrder(board, this.files);
    this.#members = computed(() => {
      void board.tick.value;
      return `${this.files.count} without ${board.ledger.replaced.length}`;
    });
    this.#latest = computed(() => this.#compute());
    this.#rows = this.#heldRows();
    this.length = computed(() => {
      const { ids, known } = this.#rows.value;
      void board.listedCount.value;
      return Number.isFinite(known) ? ids.length + this.files.count - known : ids.length;
    });
  }

  #compute(): Rows {
    const [filter, query, order] = [this.filter.value, this.query.value, this.order.ids.value];
    const isWhole = filter === "all" && query === "";
    // A file's change moves no row of the whole list.
    void (isWhole ? this.#members.value : this.#board.tick.value);
    const text = searchKey(query.trim());
    const matches = (id: number): boolean => this.search.matches(id, text);
    const choices: Choices = [filter, query, this.order.selected.peek()];
    const known = isWhole ? this.files.count : Number.POSITIVE_INFINITY;
    return { choices, ids: filterFiles(this.files, { filter, matches, order }), known };
  }

  /** The latest rows; while they are held, those of the moment when that began. */
  #heldRows(): ReadonlySignal<Rows> {
    let shown: Rows | null = null;
    return computed(() => {
      const latest = this.#latest.value;
      const isKept =
        this.hold.isHeld.value && shown !== null && isSame(shown.choices, latest.choices);
      if (!isKept || shown === null) shown = latest;
      return shown;
    });
  }

  /** Returns the id of the file in row `index` (0-based). */
  fileAt(index: number): number {
    const { ids, known } = this.#rows.value;
    return ids[index] ?? known + index - ids.length;
  }

  /**
   * Scrolls to a file's row, makes it the active one and focuses the list. Ends a filter or a search
   * that hides the file.
   */
  reveal(file: number): void {
    batch(() => {
      this.hold.release();
      if (this.rowIndexOf(file) === null) {
        this.filter.value = "all";
        this.query.value = "";
      }
      this.revealed.value = { file };
    });
  }

  /** Returns the row (0-based) of a file; null if the list does not show it. */
  rowIndexOf(file: number): number | null {
    const { ids, known } = this.#rows.value;
    const index = file < known ? ids.indexOf(file) : ids.length + file - known;
    return index >= 0 && index < this.length.value ? index : null;
  }
}

function isSame(a: Choices, b: Choices): boolean {
  return a.every((choice, index) => choice === b[index]);
}
