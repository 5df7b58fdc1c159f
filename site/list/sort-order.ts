import { computed, effect, type ReadonlySignal, signal } from "@preact/signals";
import type { Board } from "../batch/board.ts";
import type { Folders } from "./folders.ts";
import { sortInSlices } from "../ui/sliced-sort.ts";
import type { ListedFiles } from "./listed-files.ts";
import { bySize, byState, idsOf } from "./sort-ids.ts";

/** Orders that the list offers. */
export const SORT_ORDERS = ["folder", "added", "name", "largest", "smallest", "state"] as const;

type SortOrderName = (typeof SORT_ORDERS)[number];

/** Compares two names. */
type Compare = (a: string, b: string) => number;

/** The selected order of the list. Ids are only sorted once an order is selected. */
export class SortOrder {
  readonly selected = signal<SortOrderName>("folder");
  /** Numbers of folders in their order, without the newest folders. */
  readonly folderOrder: ReadonlySignal<Uint32Array>;
  /** File ids in the selected order, without the newest files; null for the order added. */
  readonly ids: ReadonlySignal<Uint32Array | null>;
  readonly #board: Board;
  readonly #files: ListedFiles;
  readonly #folders: Folders;
  readonly #folderOrder = signal<Uint32Array>(new Uint32Array());
  readonly #byName = signal<Uint32Array>(new Uint32Array());
  #isSorting = false;

  constructor(board: Board, files: ListedFiles, folders: Folders) {
    this.#board = board;
    this.#folders = folders;
    this.folderOrder = this.#folderOrder;
    this.#files = files;
    this.ids = computed(() => this.#compute(this.selected.value));
  }

  #compute(order: SortOrderName): Uint32Array | null {
    if (order === "added") return null;
    if (order === "name" || order === "folder") return this.#byName.value;
    void this.#board.tick.value;
    return order === "state" ? byState(this.#files) : bySize(this.#files, order);
  }

  /**
   * Sorts by name in the background while that order is selected, again whenever files were added.
   *
   * @param compare compares two names
   * @returns stops sorting
   */
  start(compare: Compare): () => void {
    const stopping = new AbortController();
    const stop = effect(() => {
      void this.#board.tick.value;
      const isByName = this.selected.value === "name" || this.selected.value === "folder";
      // Names that are still being added would be sorted again and again.
      if (isByName && !this.#board.isGrowing.value) void this.#sort(compare, stopping.signal);
    });
    return () => {
      stop();
      stopping.abort();
    };
  }

  async #sort(compare: Compare, stopped: AbortSignal): Promise<void> {
    if (this.#isSorting) return;
    this.#isSorting = true;
    while (this.#byName.peek().length < this.#files.count && !stopped.aborted) {
      await this.#sortFolders(compare, stopped);
      await this.#sortNames(compare, stopped);
    }
    this.#isSorting = false;
  }

  async #sortFolders(compare: Compare, stopped: AbortSignal): Promise<void> {
    const paths = await this.#folders.all();
    if (this.#folderOrder.peek().length === paths.length) return;
    const folders = idsOf({ count: paths.length });
    const compareFolders = (a: number, b: number): number =>
      compare(paths[a] ?? "", paths[b] ?? "");
    const sorted = await sortInSlices(folders, compareFolders, stopped);
    if (sorted !== null) this.#folderOrder.value = sorted;
  }

  async #sortNames(compare: Compare, stopped: AbortSignal): Promise<void> {
    const files = this.#files;
    const compareFiles = (a: number, b: number): number => compare(files.name(a), files.name(b));
    const sorted = await sortInSlices(idsOf(files), compareFiles, stopped);
    if (sorted !== null) this.#byName.value = sorted;
  }
}
