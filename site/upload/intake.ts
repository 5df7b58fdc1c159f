import { signal } from "@preact/signals";
import type { Source, Uploader } from "../../client/index.ts";
import type { Board } from "../batch/board.ts";

type Declarer = Pick<Uploader, "add" | "on">;
type Notes = Pick<Board, "coming" | "problem" | "touch">;
/** Hears which files were declared, and the id of the first of them. */
type Declared = (first: number, sources: readonly Source[]) => void;

/**
 * Hands files to an uploader, one declaration at a time, in the order in which they came. What could
 * not be declared, because the server was out of reach, is kept to be tried again.
 */
export class Intake {
  /** Has a declaration failed, and waits for `tryAgain`? */
  readonly isStalled = signal(false);
  readonly #uploader: Declarer;
  readonly #board: Notes;
  readonly #onDeclared: Declared;
  #isDeclaring = false;

  constructor(uploader: Declarer, board: Notes, onDeclared: Declared = () => undefined) {
    this.#uploader = uploader;
    this.#board = board;
    this.#onDeclared = onDeclared;
    uploader.on("files", ({ first, count, isOwn }) => isOwn && this.#declared(first, count));
    uploader.on("problem", () => this.#stall());
  }

  /** Uploads files; at the latest, with those that are being declared at the moment, next. */
  push(sources: readonly Source[]): void {
    this.#waiting.push(...sources);
    this.#board.touch();
    if (!this.isStalled.peek()) this.#declare();
  }

  /** Declares what could not be declared before. */
  tryAgain(): void {
    this.isStalled.value = false;
    this.#board.problem.value = null;
    this.#declare();
  }

  get #waiting(): Source[] {
    return this.#board.coming.waiting;
  }

  #declare(): void {
    if (this.#isDeclaring || this.#waiting.length === 0) return;
    this.#isDeclaring = true;
    this.#uploader.add([...this.#waiting]);
  }

  #declared(first: number, count: number): void {
    this.#onDeclared(first, this.#waiting.splice(0, count));
    this.#isDeclaring = false;
    this.isStalled.value = false;
    this.#declare();
  }

  // Not every problem is one of declaring. Where it was another, `files` comes all the same.
  #stall(): void {
    this.isStalled.value = this.#isDeclaring;
    this.#isDeclaring = false;
  }
}
