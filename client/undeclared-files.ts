import { type ClientCode, isWorthRetrying } from "./errors.ts";
import type { Source } from "./source.ts";

/** True if files that couldn't be declared for this reason may be later. */
export function mayBeDeclared(code: ClientCode): boolean {
  // The next declaration knows the ids that others have taken.
  return isWorthRetrying(code) || code === "files_added";
}

/** Files that couldn't be declared, with the reason. */
export class UndeclaredFiles {
  readonly #codes = new Map<Source, ClientCode>();
  /** Those that were added as further files, see `replaces` of `Uploader.add`. */
  readonly #further = new WeakSet<Source>();
  #isOneWorthRetrying = false;

  get codes(): ReadonlyMap<Source, ClientCode> {
    return this.#codes;
  }

  /** True if the batch must stay open, as a retry may declare one of them. */
  get keepBatchOpen(): boolean {
    return this.#isOneWorthRetrying;
  }

  add(sources: readonly Source[], code: ClientCode, replaces: boolean): void {
    for (const source of sources) {
      this.#codes.set(source, code);
      if (replaces) this.#further.delete(source);
      else this.#further.add(source);
    }
    this.#update();
  }

  /** Forgets these sources, if they are some of the files; by default, all of them. */
  delete(sources: readonly Source[] = [...this.#codes.keys()]): void {
    if (this.#codes.size === 0) return;
    for (const source of sources) this.#codes.delete(source);
    this.#update();
  }

  /** Returns all files in the order added, with the same `replaces` together. */
  groups(): { sources: readonly Source[]; replaces: boolean }[] {
    const all = [...this.#codes.keys()];
    const isFurther = (source: Source): boolean => this.#further.has(source);
    return [
      { sources: all.filter((source) => !isFurther(source)), replaces: true },
      { sources: all.filter(isFurther), replaces: false },
    ];
  }

  // Asked after each change of any file, which must not cost more with many files.
  #update(): void {
    this.#isOneWorthRetrying = [...this.#codes.values()].some(mayBeDeclared);
  }
}
