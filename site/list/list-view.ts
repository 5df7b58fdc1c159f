import { batch, computed, type ReadonlySignal, signal } from "@preact/signals";
import type { Ledger } from "../../client/index.ts";
import type { Board } from "../batch/board.ts";
import { fileAtPlace, placeOf } from "../batch/places.ts";
import { ListedFiles } from "./listed-files.ts";
import { SortOrder } from "./sort-order.ts";
import { type Filter, statesOf } from "./state-display.ts";

type SearchableFiles = Pick<Ledger, "count" | "isReplaced" | "name" | "path" | "state">;

export interface ListQuery {
  filter: Filter;
  /** Text in the file's name or folder, ignoring case. */
  query: string;
  /** File ids in the order of the result; ids that are missing follow in the order added. */
  order: Uint32Array | null;
}

/** Returns the ids of the files that match the query. */
export function filterFiles(
  files: SearchableFiles,
  { filter, query, order }: ListQuery,
): Uint32Array {
  const states = statesOf(filter);
  const text = query.trim().toLocaleLowerCase();
  const matches = new Uint32Array(files.count);
  let length = 0;
  for (let place = 0; place < files.count; place++) {
    const id = order?.[place] ?? place;
    const isShown = states.includes(files.state(id)) && !files.isReplaced(id);
    if (isShown && hasText(files, id, text)) matches[length++] = id;
  }
  return matches.subarray(0, length);
}

function hasText(files: SearchableFiles, id: number, text: string): boolean {
  if (text === "") return true;
  return (files.path(id) ?? files.name(id)).toLocaleLowerCase().includes(text);
}

/** A file and its last row (0-based), which holds its place once the list doesn't show the file. */
export interface ActiveRow {
  file: number;
  row: number;
}

/** The files that the list shows, in its order. */
export class ListView {
  /** The active file: sorting and filtering keep the same one active. */
  readonly active = signal<ActiveRow>({ file: 0, row: 0 });
  /** The file that was last revealed. A new object each time, as one file may be revealed twice. */
  readonly revealed = signal<{ file: number } | null>(null);
  readonly filter = signal<Filter>("all");
  readonly query = signal("");
  readonly files: ListedFiles;
  readonly order: SortOrder;
  /** Number of rows. */
  readonly length: ReadonlySignal<number>;
  /** File ids by row; null if the list shows all files in the order added. */
  readonly #ids: ReadonlySignal<Uint32Array | null>;
  readonly #replaced: ReadonlySignal<readonly number[]>;

  constructor(board: Board) {
    this.#replaced = board.replaced;
    this.files = new ListedFiles(board);
    this.order = new SortOrder(board, this.files);
    this.#ids = computed(() => this.#computeIds(board));
    this.length = computed(() => this.#ids.value?.length ?? board.listedCount.value);
  }

  // The common case, all files in the order added, needs no list of ids and costs nothing.
  #computeIds(board: Board): Uint32Array | null {
    const [filter, query, order] = [this.filter.value, this.query.value, this.order.ids.value];
    if (filter === "all" && query === "" && order === null) return null;
    void board.tick.value;
    return filterFiles(this.files, { filter, query, order });
  }

  /** Returns the id of the file in row `index` (0-based). */
  fileAt(index: number): number {
    return this.#ids.value?.[index] ?? fileAtPlace(this.#replaced.value, index);
  }

  /**
   * Scrolls to a file's row, makes it the active one and focuses the list. Ends a filter or a search
   * that hides the file.
   */
  reveal(file: number): void {
    batch(() => {
      if (this.rowIndexOf(file) === null) {
        this.filter.value = "all";
        this.query.value = "";
      }
      this.revealed.value = { file };
    });
  }

  /** Returns the row (0-based) of a file; null if the list does not show it. */
  rowIndexOf(file: number): number | null {
    const index = this.#ids.value?.indexOf(file) ?? placeOf(this.#replaced.value, file);
    return index >= 0 && index < this.length.value ? index : null;
  }
}
