import { signal } from "@preact/signals";
import type { ClientCode, Source, Uploader } from "../../client/index.ts";
import { mayBeDeclared } from "../../client/undeclared-files.ts";
import type { Board } from "../batch/board.ts";

type Declarer = Pick<
  Uploader,
  "add" | "cancelled" | "discardUndeclared" | "on" | "resumableBatch" | "retry" | "undeclared"
>;
type PendingBoard = Pick<Board, "ledger" | "pending" | "problem" | "retryAdding" | "markDirty">;
/** @param first id of the first of the declared files */
type OnDeclared = (first: number, sources: readonly Source[]) => void;

/**
 * Passes files to an uploader, one declaration at a time and in order. If a declaration fails, for
 * example because of a quota, its files and later ones wait for a retry.
 */
export class DeclarationQueue {
  /** True if a declaration failed and waits for `retry`. */
  readonly isStalled = signal(false);
  readonly #uploader: Declarer;
  readonly #board: PendingBoard;
  readonly #onDeclared: OnDeclared;
  /** Files that the uploader doesn't have yet. */
  #waiting: Source[] = [];
  /** Number of files that the uploader is declaring. */
  #declaring = 0;

  constructor(uploader: Declarer, board: PendingBoard, onDeclared: OnDeclared = () => undefined) {
    this.#uploader = uploader;
    this.#board = board;
    this.#onDeclared = onDeclared;
    uploader.on("files", ({ first, sources }) => sources && this.#handleDeclared(first, sources));
    uploader.on("undeclared", ({ sources, code }) => this.#handleUndeclared(sources, code));
  }

  /** Adds files. They are declared at once, or together after the current declaration. */
  push(sources: readonly Source[]): void {
    const { pending } = this.#board;
    const first = pending.undeclared.length;
    this.#list(sources);
    this.#waiting.push(...sources);
    const [code] = pending.refused.values();
    if (!this.isStalled.peek()) this.#declare();
    else if (code !== undefined) this.#refuse(sources, code, first);
    this.#board.markDirty();
  }

  /** Retries failed declarations. */
  retry(): void {
    const { pending, problem } = this.#board;
    if (!this.isStalled.peek() && pending.refused.size === 0) return;
    this.#setStalled(false);
    problem.value = null;
    this.#markRefused();
    this.#uploader.retry();
    // A sealed batch takes no more files.
    const { undeclared } = this.#uploader;
    for (const file of pending.refused.keys())
      if (!undeclared.has(file)) pending.refused.delete(file);
    this.#declaring = pending.undeclared.length - this.#waiting.length - undeclared.size;
    this.#declare();
  }

  /** Gives up the files that aren't declared. @returns them */
  giveUp(): readonly Source[] {
    const { pending } = this.#board;
    const sources = pending.undeclared;
    this.#markRefused();
    this.#unlist(sources);
    pending.added -= sources.length;
    this.#waiting = [];
    this.#declaring = 0;
    this.#setStalled(false);
    this.#uploader.discardUndeclared();
    return sources;
  }

  /**
   * Call when no more files are added to the batch. Files that wait are cancelled with a batch that was
   * cancelled before it existed; otherwise they leave.
   */
  end(): void {
    const isNew = this.#uploader.cancelled && this.#uploader.resumableBatch === null;
    if (!isNew) return void this.giveUp();
    this.#setStalled(false);
    this.#uploader.add(this.#waiting.splice(0));
  }

  #declare(): void {
    if (this.#declaring > 0 || this.#waiting.length === 0) return;
    const next = this.#waiting;
    this.#waiting = [];
    this.#declaring = next.length;
    this.#uploader.add(next, { replaces: false });
  }

  #handleDeclared(first: number, sources: readonly Source[]): void {
    this.#onDeclared(first, sources);
    // Files that replace others are not added by this queue. A long declaration takes several calls.
    this.#declaring = Math.max(0, this.#declaring - this.#unlist(sources));
    if (!this.isStalled.peek()) this.#declare();
  }

  #handleUndeclared(sources: readonly Source[], code: ClientCode): void {
    const { pending } = this.#board;
    const listed = new Set(pending.undeclared);
    const others = sources.filter((source) => !listed.has(source));
    this.#declaring = Math.max(0, this.#declaring + others.length - sources.length);
    this.#list(others);
    const hasBatch = this.#uploader.resumableBatch !== null;
    if (hasBatch) this.#refuse(sources, code);
    // The next declaration may succeed, unless it meets the same limit.
    const isStalled = !hasBatch || mayBeDeclared(code);
    if (isStalled && hasBatch) this.#refuse(this.#waiting, code);
    if (isStalled) this.#setStalled(true);
    else this.#declare();
  }

  #setStalled(isStalled: boolean): void {
    this.isStalled.value = isStalled;
    // The files that a batch lacks are retried with those that have failed.
    const isCreation = this.#uploader.resumableBatch === null;
    this.#board.retryAdding.value = isStalled && isCreation ? () => this.retry() : null;
  }

  /** Lists files that are to be declared. */
  #list(sources: readonly Source[]): void {
    const { pending } = this.#board;
    pending.undeclared.push(...sources);
    pending.added += sources.length;
    pending.undeclaredBytes += bytesOf(sources);
  }

  /** Removes those of the sources that are listed. @returns their number */
  #unlist(sources: readonly Source[]): number {
    const { pending } = this.#board;
    const gone = new Set(sources);
    const removed = pending.undeclared.filter((source) => gone.has(source));
    if (removed.length > 0) pending.undeclared = pending.undeclared.filter((s) => !gone.has(s));
    for (const source of removed) pending.refused.delete(source);
    pending.undeclaredBytes -= bytesOf(removed);
    return removed.length;
  }

  /** @param first index of the first of them, or of one before it */
  #refuse(sources: readonly Source[], code: ClientCode, first = 0): void {
    for (const source of sources) this.#board.pending.refused.set(source, code);
    this.#markRefused(first);
  }

  /** Has the refused files drawn again. */
  #markRefused(first = 0): void {
    const { pending, ledger } = this.#board;
    const ids = pending.undeclared.slice(first).map((_, nth) => ledger.count + first + nth);
    this.#board.markDirty(pending.refused.size > 0 ? ids : []);
  }
}

function bytesOf(sources: readonly Source[]): number {
  return sources.reduce((bytes, { blob }) => bytes + blob.size, 0);
}
