import { batch, computed, type ReadonlySignal, signal } from "@preact/signals";
import type { BatchView, ClientProblem, ConnectionState, Ledger } from "../../client/index.ts";
import type { BatchResource, Summary } from "../../protocol/index.ts";
import { type PendingFiles, foundCount } from "./pending-files.ts";
import { countsOf } from "./counts.ts";
import { nextFrame } from "../ui/next-frame.ts";
import { OverallBar } from "./overall-bar.ts";

const NO_FILES: ReadonlySet<number> = new Set();

/** How often, at most, what has to look at all files may do so. */
const TICK_MS = 300;

/**
 * One batch, as signals that components read. Events may come many times a frame; the board hands
 * them on once a frame, so that the page works as hard for 10,000 files as for ten.
 */
export class Board {
  readonly view: BatchView;
  readonly ledger: Ledger;
  /** What the ledger is about to have: files are found, and declared. */
  readonly pending: PendingFiles = { undeclared: [], found: new Set() };
  /** The files that changed in this frame: a new set each time, so also the page's pulse. */
  readonly changed = signal(NO_FILES);
  /** Counts up after changes, a few times a second: for what costs more the more files there are. */
  readonly tick = signal(0);
  readonly batch = signal<BatchResource | null>(null);
  readonly summary = signal<Summary | null>(null);
  readonly connection = signal<ConnectionState>("connecting");
  /** Have live events been here before? Then `connecting` means: again. */
  readonly wasLive = signal(false);
  /** For how many milliseconds the server has asked to wait, while it does. */
  readonly retryAfterMs = signal<number | null>(null);
  /** What is wrong beyond single files, until there is better news of the batch. */
  readonly problem = signal<ClientProblem | null>(null);

  /** How many folders are being searched for more. */
  readonly searches = signal(0);

  /** Files that the page can list. */
  readonly listedCount = this.#derive(() => this.acceptedCount + foundCount(this.pending));
  /** Files that there are; a watcher may know their names a little later. */
  readonly fileCount = this.#derive(() =>
    Math.max(this.listedCount.value, this.ledger.totals.files),
  );
  /** Files by state, as the page shows them. */
  readonly counts = this.#derive(() => countsOf(this.ledger, this.fileCount.value));
  /** Is it still to be seen how many files there will be? Then no share of them means anything. */
  readonly isGrowing = this.#derive(
    () => this.searches.value > 0 || this.acceptedCount > this.ledger.totals.files,
  );
  readonly bar = new OverallBar();
  /** Has the batch said that every file is settled? */
  readonly hasEnded = computed(
    () => this.batch.value?.state === "completed" && this.summary.value !== null,
  );

  readonly #unsubscribers: readonly (() => void)[];
  #dirty = new Set<number>();
  #cancelFlush: (() => void) | null = null;
  #isTickDue = false;
  #hasLoaded = false;

  /** @param view who uploads or watches; it outlives the board, which only listens */
  constructor(view: BatchView) {
    this.view = view;
    this.ledger = view.ledger;
    const beats = setInterval(() => this.#countTick(), TICK_MS);
    this.#unsubscribers = [...this.#subscribe(view), () => clearInterval(beats)];
    this.#flush();
  }

  /** Stops listening. */
  dispose(): void {
    this.#cancelFlush?.();
    for (const off of this.#unsubscribers) off();
  }

  /** Files that the batch has, or is sure to have. */
  get acceptedCount(): number {
    return this.ledger.count + this.pending.undeclared.length;
  }

  #derive<Value>(read: () => Value): ReadonlySignal<Value> {
    return computed(() => {
      void this.changed.value;
      return read();
    });
  }

  #subscribe(view: BatchView): (() => void)[] {
    const markDirty = (): void => this.markDirty();
    const setProblem = (problem: ClientProblem | null): void => {
      this.problem.value = problem;
      this.markDirty();
    };
    return [
      view.on("progress", ({ files }) => this.markDirty(files)),
      view.on("files", () => setProblem(null)),
      view.on("batch", () => setProblem(null)),
      view.on("problem", setProblem),
      view.on("completed", markDirty),
      view.on("connection", markDirty),
      view.on("ratelimited", ({ ms }) => void (this.retryAfterMs.value = ms)),
    ];
  }

  /** Something has changed, of these files or beyond them, and is to be seen in the next frame. */
  markDirty(files: Iterable<number> = NO_FILES): void {
    for (const file of files) this.#dirty.add(file);
    this.#cancelFlush ??= nextFrame(() => this.#flush());
  }

  #flush(): void {
    this.#cancelFlush = null;
    this.#isTickDue = true;
    batch(() => {
      this.changed.value = this.#dirty;
      this.batch.value = this.view.batch;
      this.summary.value = this.view.summary;
      this.connection.value = this.view.connection;
      this.wasLive.value ||= this.view.connection === "live";
    });
    this.#dirty = new Set();
    this.#moveBar();
  }

  #moveBar(): void {
    // Who comes to a batch that is half done wants to see that, and not the bar on its way there.
    const isSeen = this.#hasLoaded && !document.hidden;
    this.#hasLoaded = this.view.batch !== null;
    if (!this.isGrowing.peek() && this.bar.move(this.ledger, isSeen)) this.markDirty();
  }

  #countTick(): void {
    if (this.#isTickDue) this.tick.value += 1;
    this.#isTickDue = false;
  }
}
