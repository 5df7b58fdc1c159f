import { computed, type ReadonlySignal, signal } from "@preact/signals";
import type { Ledger } from "../../client/index.ts";
import type { FileState } from "../../protocol/index.ts";
import type { Board } from "../batch/board.ts";
import { ListedFiles } from "./listed-files.ts";
import { SortOrder } from "./sort-order.ts";

/** What a reader can ask to see, and the states it stands for. */
export const FILTERS = {
  all: ["queued", "uploading", "processing", "completed", "failed", "cancelled"],
  queued: ["queued"],
  moving: ["uploading", "processing"],
  completed: ["completed"],
  failed: ["failed"],
  cancelled: ["cancelled"],
} as const satisfies Record<string, readonly FileState[]>;

export type Filter = keyof typeof FILTERS;

export const FILTER_NAMES: readonly Filter[] = [
  "all",
  "queued",
  "moving",
  "completed",
  "failed",
  "cancelled",
];

type SearchableFiles = Pick<Ledger, "count" | "name" | "path" | "state">;

export interface ListQuery {
  filter: Filter;
  query: string;
  /** Ids in the order in which to answer; those that are not in it follow as they were added. */
  order: Uint32Array | null;
}

/** Ids of the files that are in the filter's states and have `query` in their name or folder. */
export function filterFiles(
  ledger: SearchableFiles,
  { filter, query, order }: ListQuery,
): Uint32Array {
  const states: readonly FileState[] = FILTERS[filter];
  const wanted = query.trim().toLocaleLowerCase();
  const found = new Uint32Array(ledger.count);
  let length = 0;
  for (let place = 0; place < ledger.count; place++) {
    const id = order?.[place] ?? place;
    if (states.includes(ledger.state(id)) && isNamed(ledger, id, wanted)) found[length++] = id;
  }
  return found.subarray(0, length);
}

function isNamed(ledger: SearchableFiles, id: number, wanted: string): boolean {
  if (wanted === "") return true;
  return (ledger.path(id) ?? ledger.name(id)).toLocaleLowerCase().includes(wanted);
}

/** Which files the list shows, and in which order. */
export class ListView {
  readonly filter = signal<Filter>("all");
  readonly query = signal("");
  readonly listing: ListedFiles;
  readonly order: SortOrder;
  /** How many files the list has. */
  readonly length: ReadonlySignal<number>;
  readonly #ids: ReadonlySignal<Uint32Array | null>;

  constructor(board: Board) {
    this.listing = new ListedFiles(board);
    this.order = new SortOrder(board, this.listing);
    this.#ids = computed(() => this.#find(board));
    this.length = computed(() => this.#ids.value?.length ?? board.listedCount.value);
  }

  // Every file in order needs no list of ids, so the common case costs nothing.
  #find(board: Board): Uint32Array | null {
    const [filter, query, order] = [this.filter.value, this.query.value, this.order.ids.value];
    if (filter === "all" && query === "" && order === null) return null;
    void board.tick.value;
    return filterFiles(this.listing, { filter, query, order });
  }

  /** The id of the file in row `index` (0-based). */
  fileAt(index: number): number {
    return this.#ids.value?.[index] ?? index;
  }

  /** The row (0-based) of a file; null while the list does not show it. */
  rowIndexOf(file: number): number | null {
    const row = this.#ids.value?.indexOf(file) ?? file;
    return row >= 0 && row < this.length.value ? row : null;
  }
}
