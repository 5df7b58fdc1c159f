import { signal } from "@preact/signals";
import type { Source, Uploader } from "../../client/index.ts";
import type { Board } from "../batch/board.ts";

type Declarer = Pick<Uploader, "add" | "on">;
type PendingBoard = Pick<Board, "pending" | "problem" | "retryAdding" | "markDirty">;
/** @param first id of the first of the declared files */
type OnDeclared = (first: number, sources: readonly Source[]) => void;

/**
 * Passes files to an uploader, one declaration at a time and in order. If a declaration fails, for
 * example because the server can't be reached, its files wait for a retry.
 */
export class DeclarationQueue {
  /** True if a declaration failed and waits for `retry`. */
  readonly isStalled = signal(false);
  readonly #uploader: Declarer;
  readonly #board: PendingBoard;
  readonly #onDeclared: OnDeclared;
  /** Files of the current declaration that the server has not confirmed yet. */
  #declaring = 0;

  constructor(uploader: Declarer, board: PendingBoard, onDeclared: OnDeclared = () => undefined) {
    this.#uploader = uploader;
    this.#board = board;
    this.#onDeclared = onDeclared;
    uploader.on("files", ({ first, sources }) => sources && this.#handleDeclared(first, sources));
    uploader.on("problem", () => this.#handleProblem());
  }

  /** Adds files. They are declared at once, or together after the current declaration. */
  push(sources: readonly Source[]): void {
    this.#undeclared.push(...sources);
    this.#board.pending.added += sources.length;
    this.#board.pending.undeclaredBytes += bytesOf(sources);
    this.#board.markDirty();
    if (!this.isStalled.peek()) this.#declare();
  }

  /** Retries a failed declaration. */
  retry(): void {
    this.#setStalled(false);
    this.#board.problem.value = null;
    this.#declaring = 0;
    this.#declare();
  }

  get #undeclared(): Source[] {
    return this.#board.pending.undeclared;
  }

  #declare(): void {
    if (this.#declaring > 0 || this.#undeclared.length === 0) return;
    this.#declaring = this.#undeclared.length;
    this.#uploader.add([...this.#undeclared], { replaces: false });
  }

  #handleDeclared(first: number, sources: readonly Source[]): void {
    this.#onDeclared(first, sources);
    // Files that replace others are not added by this queue.
    if (sources[0] !== this.#undeclared[0]) return;
    this.#undeclared.splice(0, sources.length);
    this.#board.pending.undeclaredBytes -= bytesOf(sources);
    // A long declaration takes several calls.
    this.#declaring = Math.max(0, this.#declaring - sources.length);
    this.#setStalled(false);
    this.#declare();
  }

  // Not every problem is about a declaration. If this one isn't, `files` still follows.
  #handleProblem(): void {
    this.#setStalled(this.#declaring > 0);
  }

  #setStalled(isStalled: boolean): void {
    this.isStalled.value = isStalled;
    this.#board.retryAdding.value = isStalled ? () => this.retry() : null;
  }
}

/** Takes back the files that aren't declared, without a retry. No method, as the elements don't need it. */
export function withdraw(
  queue: Pick<DeclarationQueue, "retry">,
  { pending }: Pick<PendingBoard, "pending">,
): readonly Source[] {
  const sources = pending.undeclared.splice(0);
  pending.added -= sources.length;
  pending.undeclaredBytes = 0;
  queue.retry();
  return sources;
}

function bytesOf(sources: readonly Source[]): number {
  return sources.reduce((bytes, { blob }) => bytes + blob.size, 0);
}
