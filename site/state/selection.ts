import { computed, type ReadonlySignal, signal } from "@preact/signals";
import type { Ledger } from "../../client/index.ts";
import type { FileState } from "../../protocol/index.ts";
import type { Board } from "./board.ts";

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

type Searched = Pick<Ledger, "count" | "name" | "path" | "state">;

/** Ids of the files that are in the filter's states and have `query` in their name or folder. */
export function matching(ledger: Searched, filter: Filter, query: string): Uint32Array {
  const states: readonly FileState[] = FILTERS[filter];
  const wanted = query.trim().toLocaleLowerCase();
  const found = new Uint32Array(ledger.count);
  let length = 0;
  for (let id = 0; id < ledger.count; id++) {
    if (states.includes(ledger.state(id)) && isNamed(ledger, id, wanted)) found[length++] = id;
  }
  return found.subarray(0, length);
}

function isNamed(ledger: Searched, id: number, wanted: string): boolean {
  if (wanted === "") return true;
  return (ledger.path(id) ?? ledger.name(id)).toLocaleLowerCase().includes(wanted);
}

/** Which files the list shows, and in which order. */
export class Selection {
  readonly filter = signal<Filter>("all");
  readonly query = signal("");
  /** How many files the list has. */
  readonly length: ReadonlySignal<number>;
  readonly #ids: ReadonlySignal<Uint32Array | null>;

  constructor(board: Board) {
    this.#ids = computed(() => this.#find(board));
    this.length = computed(() => this.#ids.value?.length ?? board.count.value);
  }

  // Every file in order needs no list of ids, so the common case costs nothing.
  #find(board: Board): Uint32Array | null {
    const [filter, query] = [this.filter.value, this.query.value];
    if (filter === "all" && query === "") return null;
    void board.beat.value;
    return matching(board.ledger, filter, query);
  }

  /** The id of the file in row `index` (0-based). */
  fileAt(index: number): number {
    return this.#ids.value?.[index] ?? index;
  }
}
