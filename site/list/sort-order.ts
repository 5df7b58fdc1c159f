import { computed, effect, type ReadonlySignal, signal } from "@preact/signals";
import type { Board } from "../batch/board.ts";
import type { ListedFiles } from "./listed-files.ts";
import { sortInSlices } from "./sliced-sort.ts";
import { bySize, byState, idsOf } from "./sort-ids.ts";

/** Orders that the list offers. */
export const SORT_ORDERS = ["added", "name", "largest", "smallest", "state"] as const;

type SortOrderName = (typeof SORT_ORDERS)[number];

/** The selected order of the list. Ids are only sorted once an order is selected. */
export class SortOrder {
  readonly selected = signal<SortOrderName>("added");
  /** File ids in the selected order, without the newest files; null for the order added. */
  readonly ids: ReadonlySignal<Uint32Array | null>;
  readonly #board: Board;
  readonly #files: ListedFiles;
  readonly #byName = signal<Uint32Array>(new Uint32Array());
  #isSorting = false;

  constructor(board: Board, files: ListedFiles) {
    this.#board = board;
    this.#files = files;
    this.ids = computed(() => this.#compute(this.selected.value));
  }

  #compute(order: SortOrderName): Uint32Array | null {
    if (order === "added") return null;
    if (order === "name") return this.#byName.value;
    void this.#board.tick.value;
    return order === "state" ? byState(this.#files) : bySize(this.#files, order);
  }

  /**
   * Sorts by name in the background while that order is selected, again whenever files are added.
   *
   * @param compare compares two names
   * @returns stops sorting
   */
  start(compare: (a: string, b: string) => number): () => void {
    const stopping = new AbortController();
    const stop = effect(() => {
      void this.#board.tick.value;
      if (this.selected.value === "name") void this.#sortByName(compare, stopping.signal);
    });
    return () => {
      stop();
      stopping.abort();
    };
  }

  async #sortByName(
    compare: (a: string, b: string) => number,
    stopped: AbortSignal,
  ): Promise<void> {
    const files = this.#files;
    if (this.#isSorting) return;
    this.#isSorting = true;
    const compareFiles = (a: number, b: number): number => compare(files.name(a), files.name(b));
    while (this.#byName.peek().length < files.count && !stopped.aborted) {
      const sorted = await sortInSlices(idsOf(files), compareFiles, stopped);
      if (sorted !== null) this.#byName.value = sorted;
    }
    this.#isSorting = false;
  }
}
