/** The part of a ledger that tells which of its files were replaced. */
interface ListedFiles {
  readonly count: number;
  name: (id: number) => string;
  path: (id: number) => string | null;
}

const NONE: readonly number[] = [];

/**
 * The files of a batch by path, and those that were cancelled because they were added again: a later
 * file has their path. Nothing is indexed before it is asked for, and then every file once.
 */
export class ReplacedFiles {
  readonly #files: ListedFiles;
  readonly #byPath = new Map<string, number[]>();
  #indexed = 0;
  /** Cancelled files without a later file of their path, as far as is known. */
  readonly #cancelled = new Set<number>();
  /** Number of files at the last search for replaced ones; null if a file was cancelled since. */
  #searched: number | null = 0;
  readonly #replaced = new Set<number>();
  #ids: readonly number[] = NONE;

  constructor(files: ListedFiles) {
    this.#files = files;
  }

  /** Returns the ids of all files with this path (or name), ascending. */
  at(path: string): readonly number[] {
    for (; this.#indexed < this.#files.count; this.#indexed++) this.#index(this.#indexed);
    return this.#byPath.get(path.normalize()) ?? NONE;
  }

  /** Ids of the replaced files, ascending. The same list until there are more. */
  get ids(): readonly number[] {
    const { count } = this.#files;
    if (this.#cancelled.size > 0 && this.#searched !== count) {
      this.#searched = count;
      this.#add([...this.#cancelled].filter((id) => this.#isReplaced(id)));
    }
    return this.#ids;
  }

  has(id: number): boolean {
    return this.ids.length > 0 && this.#replaced.has(id);
  }

  /** Records that a file was cancelled. */
  cancel(id: number): void {
    if (this.#replaced.has(id)) return;
    this.#cancelled.add(id);
    this.#searched = null;
  }

  #add(ids: readonly number[]): void {
    if (ids.length === 0) return;
    for (const id of ids) {
      this.#cancelled.delete(id);
      this.#replaced.add(id);
    }
    this.#ids = [...this.#replaced].toSorted((a, b) => a - b);
  }

  #isReplaced(id: number): boolean {
    return (this.at(this.#pathOf(id)).at(-1) ?? id) > id;
  }

  #pathOf(id: number): string {
    return this.#files.path(id) ?? this.#files.name(id);
  }

  #index(id: number): void {
    const path = this.#pathOf(id).normalize();
    const ids = this.#byPath.get(path);
    if (ids) ids.push(id);
    else this.#byPath.set(path, [id]);
  }
}
