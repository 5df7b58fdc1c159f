import type { ClientCode, Ledger, Source } from "../../client/index.ts";
import { type FileState, PROGRESS } from "../../protocol/index.ts";
import type { Board } from "../batch/board.ts";
import { type FoundFile, foundCount } from "../batch/pending-files.ts";
import { refusalOf, shownState } from "../batch/shown-state.ts";

/**
 * Every file that the page can list: declared files, then files to declare (under the ids that they
 * will get), then files that were found in a drop but not read yet.
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

  /** Returns "" for an unknown file: a file that was found may turn out to be skipped. */
  name(id: number): string {
    return this.isDeclared(id) ? this.#ledger.name(id) : (this.#pendingFile(id)?.name ?? "");
  }

  path(id: number): string | null {
    return this.isDeclared(id) ? this.#ledger.path(id) : (this.#pendingFile(id)?.path ?? null);
  }

  /** Returns the media type; "" if it isn't known (yet). */
  type(id: number): string {
    return this.isDeclared(id) ? this.#ledger.type(id) : "";
  }

  /** Returns the size in bytes; null until the file was read. */
  knownSize(id: number): number | null {
    if (this.isDeclared(id)) return this.#ledger.size(id);
    return this.#board.pending.undeclared[id - this.#ledger.count]?.blob.size ?? null;
  }

  /** Returns the size in bytes; 0 until the file was read. */
  size(id: number): number {
    return this.knownSize(id) ?? 0;
  }

  /** A file that is not declared yet is `queued`, and one that couldn't be declared has failed. */
  state(id: number): FileState {
    return shownState(this.#board, id);
  }

  /** Returns why the file has failed, or null. */
  errorCode(id: number): ClientCode | null {
    return refusalOf(this.#board, id) ?? this.#ledger.errorCode(id);
  }

  progress(id: number): number {
    return this.#ledger.progress(id);
  }

  sentBytes(id: number): number {
    return this.#ledger.sentBytes(id);
  }

  /** True once the file is stored, even if its state is not final. */
  isStored(id: number): boolean {
    return this.#ledger.progress(id) >= PROGRESS.stored && this.state(id) !== "cancelled";
  }

  isReplaced(id: number): boolean {
    return this.#ledger.isReplaced(id);
  }

  isDeclared(id: number): boolean {
    return id < this.#ledger.count;
  }

  get #ledger(): Ledger {
    return this.#board.ledger;
  }

  #pendingFile(id: number): Source | FoundFile | undefined {
    const { undeclared, found } = this.#board.pending;
    let index = id - this.#ledger.count;
    if (index < undeclared.length) return undeclared[index];
    index -= undeclared.length;
    for (const files of found) {
      if (index < files.length) return files[index];
      index -= files.length;
    }
    return undefined;
  }
}
