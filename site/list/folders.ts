import { SLICE_MS, yieldToMain } from "../ui/yield-to-main.ts";
import type { ListedFiles } from "./listed-files.ts";
import { folderOf } from "./row-state.ts";

type PlacedFiles = Pick<ListedFiles, "count" | "isDeclared" | "path">;

/** The folders of the listed files, each with a number in the order in which they were found. */
export class Folders {
  /** Paths by number. */
  readonly paths: string[] = [];
  readonly #files: PlacedFiles;
  readonly #numbers = new Map<string, number>();
  /** Numbers by file. */
  readonly #known: number[] = [];

  #commonRoot = "";
  /** Number of paths for which the root was computed. */
  #rootOf = 0;

  constructor(files: PlacedFiles) {
    this.#files = files;
  }

  /** Returns the number of a file's folder. */
  of(file: number): number {
    const number = (): number => this.#numberOf(folderOf(this.#files.path(file)));
    // A file that isn't declared yet may still get another id.
    return this.#files.isDeclared(file) ? (this.#known[file] ??= number()) : number();
  }

  /** Returns the paths of the folders of all files, by number. Finds them in slices: 10,000 take longer than a frame. */
  async all(): Promise<readonly string[]> {
    let until = performance.now() + SLICE_MS;
    for (let file = 0; file < this.#files.count; file++) {
      this.of(file);
      if (performance.now() < until) continue;
      await yieldToMain();
      until = performance.now() + SLICE_MS;
    }
    return this.paths;
  }

  /** Returns a folder's path without the folder that contains all of them. */
  shownPath(folder: number): string {
    const path = this.paths[folder] ?? "";
    const root = this.#root();
    return root !== "" && path.length > root.length ? path.slice(root.length + 1) : path;
  }

  /** Returns the first folder of all paths; "" if they don't share it. */
  #root(): string {
    if (this.#rootOf !== this.paths.length) {
      const [first = ""] = (this.paths[0] ?? "").split("/");
      const isShared = this.paths.every((path) => path === first || path.startsWith(`${first}/`));
      this.#commonRoot = isShared ? first : "";
      this.#rootOf = this.paths.length;
    }
    return this.#commonRoot;
  }

  #numberOf(path: string): number {
    const known = this.#numbers.get(path);
    if (known !== undefined) return known;
    const number = this.paths.push(path) - 1;
    this.#numbers.set(path, number);
    return number;
  }
}
