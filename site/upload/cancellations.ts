import { batch, type ReadonlySignal, signal } from "@preact/signals";
import type { Uploader } from "../../client/index.ts";
import type { Board } from "../batch/board.ts";
import { cancelFile } from "./cancel-file.ts";

type Canceller = Pick<Uploader, "cancel" | "hold" | "ledger" | "on">;

/** Time in which the cancellation of a file can be undone, in ms. */
const UNDO_MS = 8000;

interface Cancellation {
  timer: ReturnType<typeof setTimeout>;
  /** Sends the file again; null until the file is declared and held. */
  release: (() => void) | null;
}

/**
 * Files that a person has cancelled and of which the server isn't told yet. They aren't sent meanwhile,
 * and the batch stays open for them. When the page is closed, the server is told at once: a file that
 * was cancelled must not be sent when its batch is resumed.
 */
export class Cancellations {
  readonly #uploader: Canceller;
  readonly #board: Pick<Board, "acceptedCount">;
  readonly #pending = signal<ReadonlyMap<number, Cancellation>>(new Map());
  readonly #unsubscribers: readonly (() => void)[];

  constructor(uploader: Canceller, board: Pick<Board, "acceptedCount">) {
    this.#uploader = uploader;
    this.#board = board;
    this.#unsubscribers = [
      uploader.on("files", () => this.#holdDeclared()),
      uploader.on("progress", ({ files }) => this.#forgetCancelled(files)),
      uploader.on("batch", ({ state }) => {
        if (state === "cancelled") for (const file of this.files.value.keys()) this.#take(file);
      }),
    ];
  }

  /** Files whose cancellation can be undone. */
  get files(): ReadonlySignal<ReadonlyMap<number, unknown>> {
    return this.#pending;
  }

  /** Cancels a file in eight seconds. Does nothing for a file that was only found, and has no id yet. */
  cancel(file: number): void {
    if (file >= this.#board.acceptedCount || this.#pending.peek().has(file)) return;
    const timer = setTimeout(() => this.#tell(file), UNDO_MS);
    const release = this.#hold(file);
    this.#pending.value = new Map([...this.#pending.peek(), [file, { timer, release }]]);
  }

  /** Undoes the cancellation of a file, unless the server was told. */
  undo(file: number): void {
    this.#take(file)?.release?.();
  }

  /** Tells the server about all of them at once. */
  flush(): void {
    batch(() => {
      for (const file of this.#pending.peek().keys()) this.#tell(file);
    });
  }

  dispose(): void {
    for (const file of this.#pending.peek().keys()) this.#take(file);
    for (const unsubscribe of this.#unsubscribers) unsubscribe();
  }

  #tell(file: number): void {
    // First, so that it can't be undone any more.
    this.#take(file);
    cancelFile(this.#uploader, this.#board, file);
  }

  #hold(file: number): (() => void) | null {
    return file < this.#uploader.ledger.count ? this.#uploader.hold([file]) : null;
  }

  #holdDeclared(): void {
    for (const [file, cancellation] of this.#pending.peek())
      cancellation.release ??= this.#hold(file);
  }

  #forgetCancelled(files: ReadonlySet<number>): void {
    const { ledger } = this.#uploader;
    for (const file of files)
      if (ledger.serverState(file) === "cancelled") this.#take(file)?.release?.();
  }

  #take(file: number): Cancellation | undefined {
    const cancellation = this.#pending.peek().get(file);
    if (cancellation === undefined) return undefined;
    clearTimeout(cancellation.timer);
    const others = new Map(this.#pending.peek());
    others.delete(file);
    this.#pending.value = others;
    return cancellation;
  }
}
