import { batch, computed, type ReadonlySignal, signal } from "@preact/signals";
import type { Source, Uploader } from "../../client/index.ts";
import type { ViewEvents } from "../../client/view.ts";
import { isSettled } from "../../protocol/index.ts";
import type { Board } from "../batch/board.ts";
import { cancelOnceDeclared } from "./cancel-once-declared.ts";
import type { Upload } from "./uploads.ts";

type Canceller = Pick<Uploader, "cancel" | "cancelled" | "hold" | "ledger" | "on" | "request">;
type PendingBoard = Pick<Board, "pending">;

/** Time in which the cancellation of a file can be undone, in ms. */
const UNDO_MS = 8000;

interface Cancellation {
  /** The file's id, or the one that it will get if no others are declared before it. */
  file: number;
  /** The file's source; null once it is declared. */
  source: Source | null;
  timer: ReturnType<typeof setTimeout>;
  /** Sends the file again; null until the file is declared and held. */
  release: (() => void) | null;
}

/**
 * Files that a person has cancelled and of which the server isn't told yet. They aren't sent meanwhile,
 * and the batch stays open for them. When the page is closed, the server is told at once: a file that
 * was cancelled must not be sent when its batch is resumed. The server can't be told of a file that isn't
 * declared yet: after a reload, it waits again.
 */
export class Cancellations {
  /** Files whose cancellation can be undone. */
  readonly files: ReadonlySignal<ReadonlyMap<number, unknown>>;
  readonly #uploader: Canceller;
  readonly #board: PendingBoard;
  readonly #pending = signal<readonly Cancellation[]>([]);
  /** Files of which the server was told. */
  readonly #told = new Set<number>();
  readonly #unsubscribers: readonly (() => void)[];

  constructor(uploader: Canceller, board: PendingBoard) {
    this.#uploader = uploader;
    this.#board = board;
    this.files = computed(
      () => new Map(this.#pending.value.map((cancellation) => [cancellation.file, cancellation])),
    );
    this.#unsubscribers = [
      uploader.on("files", (declared) => this.#updateIds(declared)),
      uploader.on("progress", ({ files }) => this.#forgetCancelled(files)),
      uploader.on("batch", () => this.#forgetCancelled([])),
    ];
  }

  /** Ids of the cancelled files that are not settled, as far as the server has said. */
  get unconfirmed(): readonly number[] {
    const declared = this.#pending.peek().filter(({ source }) => source === null);
    const files = [...this.#told, ...declared.map(({ file }) => file)];
    return files.filter((file) => !isSettled(this.#uploader.ledger.serverState(file)));
  }

  /**
   * Cancels a file in eight seconds. Does nothing for a file that is settled, as cancelling a stored file
   * would delete it, nor for one that was only found or couldn't be declared: it has no id.
   */
  cancel(file: number): void {
    const { ledger } = this.#uploader;
    const source = this.#board.pending.undeclared[file - ledger.count] ?? null;
    const isRefused = source !== null && this.#board.pending.refused.has(source);
    const isKnown = file < ledger.count || (source !== null && !isRefused);
    if (!isKnown || isSettled(ledger.serverState(file)) || this.#find(file)) return;
    const release = source === null ? this.#uploader.hold([file]) : null;
    const timer = setTimeout(() => this.#tell(cancellation), UNDO_MS);
    const cancellation: Cancellation = { file, source, timer, release };
    this.#pending.value = [...this.#pending.peek(), cancellation];
  }

  /** Undoes the cancellation of a file, unless the server was told. */
  undo(file: number): void {
    const cancellation = this.#find(file);
    if (cancellation === undefined) return;
    this.#take(cancellation);
    cancellation.release?.();
  }

  /** Tells the server about all of them at once. */
  flush(): void {
    batch(() => {
      for (const cancellation of this.#pending.peek()) this.#tell(cancellation);
    });
  }

  /**
   * Cancels files that were cancelled before the page was closed. Firefox below 133 sends no request of a
   * page that closes, and no browser does without a connection.
   */
  async tellAgain(files: readonly number[]): Promise<void> {
    for (const file of files) this.#told.add(file);
    // Once their states are known: they may have been stored meanwhile, and would be deleted.
    if (files.length > 0) await this.#uploader.request(() => this.#uploader.cancel(files));
  }

  dispose(): void {
    for (const cancellation of this.#pending.peek()) this.#take(cancellation);
    for (const unsubscribe of this.#unsubscribers) unsubscribe();
  }

  #find(file: number): Cancellation | undefined {
    return this.#pending.peek().find((cancellation) => cancellation.file === file);
  }

  #tell(cancellation: Cancellation): void {
    // First, so that it can't be undone any more.
    this.#take(cancellation);
    const { file, source } = cancellation;
    if (source !== null) return cancelOnceDeclared(this.#uploader, source);
    this.#told.add(file);
    void this.#uploader.cancel([file]);
  }

  /** Holds the files that were declared. Files that other clients declared move the ids of the rest. */
  #updateIds({ first, sources = [] }: ViewEvents["files"]): void {
    for (const cancellation of this.#pending.peek()) {
      const { source } = cancellation;
      if (source === null) continue;
      const index = sources.indexOf(source);
      if (index < 0) this.#move(cancellation, source);
      else this.#hold(cancellation, first + index);
    }
    this.#pending.value = [...this.#pending.peek()];
  }

  #move(cancellation: Cancellation, source: Source): void {
    const index = this.#board.pending.undeclared.indexOf(source);
    // A file that is compared with those of the batch is in neither list for the moment.
    if (index >= 0) cancellation.file = this.#uploader.ledger.count + index;
  }

  #hold(cancellation: Cancellation, file: number): void {
    cancellation.file = file;
    cancellation.source = null;
    cancellation.release = this.#uploader.hold([file]);
  }

  #forgetCancelled(files: Iterable<number>): void {
    const { cancelled, ledger } = this.#uploader;
    if (cancelled) for (const pending of this.#pending.peek()) this.#take(pending);
    for (const file of files) if (ledger.serverState(file) === "cancelled") this.undo(file);
  }

  #take(cancellation: Cancellation): void {
    clearTimeout(cancellation.timer);
    this.#pending.value = this.#pending.peek().filter((other) => other !== cancellation);
  }
}

const all = new WeakMap<Upload, Cancellations>();

/** Returns the cancellations of an upload. They end with it. */
export function cancellationsOf(upload: Upload): Cancellations {
  const { uploader, board, ending } = upload;
  const cancellations = all.get(upload) ?? new Cancellations(uploader, board);
  if (!all.has(upload)) ending.signal.addEventListener("abort", () => cancellations.dispose());
  all.set(upload, cancellations);
  return cancellations;
}
