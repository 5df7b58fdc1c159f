import type { Ledger, Source } from "../../client/index.ts";
import type { FoundFile } from "../upload/read-folders.ts";
import type { Board } from "../batch/board.ts";
import { foundCount } from "../batch/pending-files.ts";

/**
 * Every file that the page can list: those that are declared, then those that are about to be, under
 * the ids that they will get; then those that were found, and are still to be read.
 */
export class ListedFiles {
  readonly #board: Pick<Board, "ledger" | "pending">;

  constructor(board: Pick<Board, "ledger" | "pending">) {
    this.#board = board;
  }

  get count(): number {
    const { pending } = this.#board;
    return this.#ledger.count + pending.undeclared.length + foundCount(pending);
  }

  /** "" where there is no such file (any more): what was found may turn out not to be wanted. */
  name(id: number): string {
    return this.isDeclared(id) ? this.#ledger.name(id) : (this.#undeclared(id)?.name ?? "");
  }

  path(id: number): string | null {
    return this.isDeclared(id) ? this.#ledger.path(id) : (this.#undeclared(id)?.path ?? null);
  }

  /** Bytes; null until the disk has said. */
  knownSize(id: number): number | null {
    if (this.isDeclared(id)) return this.#ledger.size(id);
    return this.#board.pending.undeclared[id - this.#ledger.count]?.blob.size ?? null;
  }

  /** Bytes; 0 until they are known. */
  size(id: number): number {
    return this.knownSize(id) ?? 0;
  }

  /** A file is queued until the server says more. */
  state(id: number): ReturnType<Ledger["state"]> {
    return this.#ledger.state(id);
  }

  isDeclared(id: number): boolean {
    return id < this.#ledger.count;
  }

  get #ledger(): Ledger {
    return this.#board.ledger;
  }

  #undeclared(id: number): Source | FoundFile | undefined {
    const { undeclared, found } = this.#board.pending;
    let index = id - this.#ledger.count;
    for (const files of [undeclared, ...found]) {
      if (index < files.length) return files[index];
      index -= files.length;
    }
    return undefined;
  }
}
