import { computed, effect, type ReadonlySignal, signal } from "@preact/signals";
import type { Board } from "../batch/board.ts";
import type { ListedFiles } from "./listed-files.ts";
import { bySize, byState, idsOf } from "./sort-ids.ts";
import { sortInSlices } from "./sliced-sort.ts";

/** In which order a reader can have the list. */
export const ORDERS = ["added", "name", "largest", "smallest", "state"] as const;

export type Order = (typeof ORDERS)[number];

/** The order of the list. It is looked for when it is asked for, and costs nothing before. */
export class SortOrder {
  readonly selected = signal<Order>("added");
  /** Ids of the files in this order; null as they were added. Newer files are not in it yet. */
  readonly ids: ReadonlySignal<Uint32Array | null>;
  readonly #board: Board;
  readonly #listing: ListedFiles;
  readonly #byName = signal<Uint32Array>(new Uint32Array());
  #isSorting = false;

  constructor(board: Board, listing: ListedFiles) {
    this.#board = board;
    this.#listing = listing;
    this.ids = computed(() => this.#compute(this.selected.value));
  }

  #compute(order: Order): Uint32Array | null {
    if (order === "added") return null;
    if (order === "name") return this.#byName.value;
    void this.#board.tick.value;
    const listing = this.#listing;
    return order === "state" ? byState(listing) : bySize(listing, order);
  }

  /**
   * Sorts by name when that is chosen, and again when files come.
   *
   * @param compare two names
   * @returns ends it
   */
  start(compare: (a: string, b: string) => number): () => void {
    const ending = new AbortController();
    const stop = effect(() => {
      void this.#board.tick.value;
      if (this.selected.value === "name") void this.#sortNames(compare, ending.signal);
    });
    return () => {
      stop();
      ending.abort();
    };
  }

  async #sortNames(compare: (a: string, b: string) => number, ended: AbortSignal): Promise<void> {
    const listing = this.#listing;
    if (this.#isSorting) return;
    this.#isSorting = true;
    const compareFiles = (a: number, b: number): number =>
      compare(listing.name(a), listing.name(b));
    while (this.#byName.peek().length < listing.count && !ended.aborted) {
      const sorted = await sortInSlices(idsOf(listing), compareFiles, ended);
      if (sorted !== null) this.#byName.value = sorted;
    }
    this.#isSorting = false;
  }
}
