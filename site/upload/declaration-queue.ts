import { signal } from "@preact/signals";
import type { Source, Uploader } from "../../client/index.ts";
import type { Board } from "../batch/board.ts";

type Declarer = Pick<Uploader, "add" | "on">;
type PendingBoard = Pick<Board, "pending" | "problem" | "markDirty">;
/** Hears which files were declared, and the id of the first of them. */
type OnDeclared = (first: number, sources: readonly Source[]) => void;

/**
 * Hands files to an uploader, one declaration at a time, in the order in which they came. What could
 * not be declared, because the server was out of reach, is kept to be tried again.
 */
export class DeclarationQueue {
  /** Has a declaration failed, and waits for `tryAgain`? */
  readonly isStalled = signal(false);
  readonly #uploader: Declarer;
  readonly #board: PendingBoard;
  readonly #onDeclared: OnDeclared;
  #isDeclaring = false;

  constructor(uploader: Declarer, board: PendingBoard, onDeclared: OnDeclared = () => undefined) {
    this.#uploader = uploader;
    this.#board = board;
    this.#onDeclared = onDeclared;
    uploader.on("files", ({ first, count, isOwn }) => isOwn && this.#handleDeclared(first, count));
    uploader.on("problem", () => this.#handleProblem());
  }

  /** Uploads files; at the latest, with those that are being declared at the moment, next. */
  push(sources: readonly Source[]): void {
    this.#undeclared.push(...sources);
    this.#board.markDirty();
    if (!this.isStalled.peek()) this.#declare();
  }

  /** Declares what could not be declared before. */
  retry(): void {
    this.isStalled.value = false;
    this.#board.problem.value = null;
    this.#declare();
  }

  get #undeclared(): Source[] {
    return this.#board.pending.undeclared;
  }

  #declare(): void {
    if (this.#isDeclaring || this.#undeclared.length === 0) return;
    this.#isDeclaring = true;
    this.#uploader.add([...this.#undeclared]);
  }

  #handleDeclared(first: number, count: number): void {
    this.#onDeclared(first, this.#undeclared.splice(0, count));
    this.#isDeclaring = false;
    this.isStalled.value = false;
    this.#declare();
  }

  // Not every problem is one of declaring. Where it was another, `files` comes all the same.
  #handleProblem(): void {
    this.isStalled.value = this.#isDeclaring;
    this.#isDeclaring = false;
  }
}
