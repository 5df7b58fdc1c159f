import { batch, computed, type ReadonlySignal, signal } from "@preact/signals";
import type { Ledger } from "../../client/index.ts";
import type { Board } from "../batch/board.ts";
import type { RowPosition } from "./displayed-file.ts";
import { folderOfEntry, type FolderGroups, groupByFolder } from "./folder-groups.ts";
import { Folders } from "./folders.ts";
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

/** An entry of the list and its last row (0-based), which holds its place once the list doesn't show the entry. */
export interface ActiveRow {
  entry: number;
  row: number;
}

/** The choices of a person. They take effect at once, even while the rows are held. */
type Choices = readonly [
  filter: Filter,
  query: string,
  order: string,
  collapsed: ReadonlySet<number>,
];

/** Rows of the list, as they were last computed. */
interface Rows {
  choices: Choices;
  /** By row: the id of a file, or the heading of a folder (`folderOfEntry`). */
  entries: Int32Array;
  /** Number of files. */
  files: number;
  /** Files by folder; null for a list without headings. */
  groups: FolderGroups["filesIn"] | null;
  /** Number of files that were known then. Later ones follow, if no filter decides about them. */
  known: number;
}

/** The files that the list shows, in its order. */
export class ListView {
  /** The active entry: sorting and filtering keep the same one active. Null before a row was used. */
  readonly active = signal<ActiveRow | null>(null);
  /** The file that was last revealed. A new object each time, as one file may be revealed twice. */
  readonly revealed = signal<{ file: number } | null>(null);
  readonly filter = signal<Filter>("all");
  readonly query = signal("");
  readonly hold = new Hold();
  readonly files: ListedFiles;
  readonly folders: Folders;
  /** Folders whose files are hidden. */
  readonly collapsed = signal<ReadonlySet<number>>(new Set());
  readonly search: SearchIndex;
  readonly order: SortOrder;
  /** Number of rows. */
  readonly length: ReadonlySignal<number>;
  /** Number of files, those of collapsed folders included. */
  readonly fileCount: ReadonlySignal<number>;
  readonly #board: Board;
  /** Changes with the files that the list has. */
  readonly #members: ReadonlySignal<string>;
  readonly #latest: ReadonlySignal<Rows>;
  readonly #rows: ReadonlySignal<Rows>;

  constructor(board: Board) {
    this.#board = board;
    this.files = new ListedFiles(board);
    this.search = new SearchIndex(this.files);
    this.folders = new Folders(this.files);
    this.order = new SortOrder(board, this.files, this.folders);
    let placed = 0;
    this.#members = computed(() => {
      void board.tick.value;
      if (this.#needsPlaces(placed)) placed = this.files.count;
      return `${placed} without ${board.ledger.replaced.length}`;
    });
    this.#latest = computed(() => this.#compute());
    this.#rows = this.#heldRows();
    const added = computed(() => {
      void board.listedCount.value;
      const { known } = this.#rows.value;
      return Number.isFinite(known) ? this.files.count - known : 0;
    });
    this.length = computed(() => this.#rows.value.entries.length + added.value);
    this.fileCount = computed(() => this.#rows.value.files + added.value);
  }

  /**
   * True if new files have to be placed among those of their folders. While many are found, they follow
   * the others until they are half as many: placing all of them takes as long as some frames.
   */
  #needsPlaces(placed: number): boolean {
    const { count } = this.files;
    const { value: ids } = this.order.ids;
    const isChanging = this.#board.isGrowing.value || (ids !== null && ids.length < count);
    return !isChanging || count < placed || count >= placed * 1.5;
  }

  #compute(): Rows {
    const [filter, query, order] = [this.filter.value, this.query.value, this.order.ids.value];
    const isWhole = filter === "all" && query === "";
    // A file's change moves no row of the whole list.
    void (isWhole ? this.#members.value : this.#board.tick.value);
    const text = searchKey(query.trim());
    const matches = (id: number): boolean => this.search.matches(id, text);
    const choices: Choices = [filter, query, this.order.selected.peek(), this.collapsed.value];
    const known = isWhole ? this.files.count : Number.POSITIVE_INFINITY;
    const ids = filterFiles(this.files, { filter, matches, order });
    const { filesIn: groups, entries } = this.#group(ids) ?? {
      filesIn: null,
      entries: new Int32Array(ids),
    };
    return { choices, entries, files: ids.length, groups, known };
  }

  /** Groups files by folder; null if the list has no headings: for a search, or with one folder only. */
  #group(ids: Uint32Array): FolderGroups | null {
    const { folders } = this;
    if (this.order.selected.value !== "folder" || this.query.value !== "") return null;
    for (const id of ids) folders.of(id);
    if (folders.paths.length < 2) return null;
    return groupByFolder(ids, {
      folders: folders.paths.length,
      folderOf: (file) => folders.of(file),
      order: this.order.folderOrder.value,
      hasHeading: (folder) => folders.paths[folder] !== "",
      isCollapsed: (folder) => this.collapsed.value.has(folder),
    });
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

  /** Returns the entry in row `index` (0-based): the id of a file, or the heading of a folder. */
  entryAt(index: number): number {
    const { entries, known } = this.#rows.value;
    return entries[index] ?? known + index - entries.length;
  }

  /** Returns what row `index` shows. */
  positionAt(index: number): RowPosition {
    const entry = this.entryAt(index);
    const folder = folderOfEntry(entry);
    const file = folder === null ? entry : (this.#filesIn(folder)[0] ?? 0);
    return { index, file, folder };
  }

  /** Returns the numbers of a folder's files in the list: the stored ones, and all. */
  storedIn(folder: number): { stored: number; all: number } {
    void this.#board.tick.value;
    const files = this.#filesIn(folder);
    const stored = files.reduce((sum, id) => sum + (this.files.isStored(id) ? 1 : 0), 0);
    return { stored, all: files.length };
  }

  #filesIn(folder: number): Uint32Array {
    return this.#rows.value.groups?.(folder) ?? new Uint32Array();
  }

  /** True if rows are below the headings of their folders. */
  get hasHeadings(): boolean {
    return this.#rows.value.groups !== null;
  }

  /** Hides the files of a folder, or shows them. */
  toggle(folder: number, isCollapsed = !this.collapsed.peek().has(folder)): void {
    const collapsed = new Set(this.collapsed.peek());
    if (isCollapsed) collapsed.add(folder);
    else collapsed.delete(folder);
    this.collapsed.value = collapsed;
  }

  /**
   * Scrolls to a file's row, makes it the active one and focuses the list. Ends a filter or a search
   * that hides the file.
   */
  reveal(file: number): void {
    batch(() => {
      this.hold.release();
      if (this.rowIndexOf(file) === null) this.toggle(this.folders.of(file), false);
      if (this.rowIndexOf(file) === null) {
        this.filter.value = "all";
        this.query.value = "";
      }
      this.revealed.value = { file };
    });
  }

  /** Returns the row (0-based) of an entry; null if the list does not show it. */
  rowIndexOf(entry: number): number | null {
    const { entries, known } = this.#rows.value;
    const index = entry < known ? entries.indexOf(entry) : entries.length + entry - known;
    return index >= 0 && index < this.length.value ? index : null;
  }
}

function isSame(a: Choices, b: Choices): boolean {
  return a.every((choice, index) => choice === b[index]);
}
