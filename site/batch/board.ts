import { batch, computed, type ReadonlySignal, signal } from "@preact/signals";
import type {
  BatchView,
  ClientProblem,
  ConnectionState,
  Ledger,
  Outage,
} from "../../client/index.ts";
import type { BatchResource, Summary } from "../../protocol/index.ts";
import { nextFrame } from "../ui/next-frame.ts";
import { countsOf, storedCount } from "./counts.ts";
import { fileKind } from "./file-kind.ts";
import { OverallBar } from "./overall-bar.ts";
import { isSafe } from "./safe-moment.ts";
import { foundCount, noPendingFiles } from "./pending-files.ts";
import { type Wait, waitOf } from "./wait.ts";

const NO_FILES: ReadonlySet<number> = new Set();

/** Shortest time between two ticks. */
const TICK_MS = 300;

/**
 * One batch as signals for components. Events may arrive many times a frame; the board passes them on
 * once a frame, so that the page is as fast with 10,000 files as with ten.
 */
export class Board {
  readonly view: BatchView;
  readonly ledger: Ledger;
  /** Files that the ledger doesn't have yet: files being found and declared. */
  readonly pending = noPendingFiles();
  /** Ids of the files that changed in this frame. A new set in every frame with any change. */
  readonly changed = signal(NO_FILES);
  /** Counts up after changes, a few times a second, for computations that visit all files. */
  readonly tick = signal(0);
  readonly batch = signal<BatchResource | null>(null);
  readonly summary = signal<Summary | null>(null);
  /** True once the batch is cancelled, also before the server has created it. */
  readonly isCancelled = signal(false);
  readonly connection = signal<ConnectionState>("connecting");
  /** True if the connection has been live before: `connecting` then means reconnecting. */
  readonly wasLive = signal(false);
  /** The outage that was last reported; null once it is over. */
  readonly outage = signal<Outage | null>(null);
  /** The time until which the server asked to wait, and why; null if it didn't. */
  readonly wait = signal<Wait | null>(null);
  /** Problem of the whole batch, or of one action. Cleared by the next event that shows the batch works. */
  readonly problem = signal<ClientProblem | null>(null);
  /** Retries adding files that couldn't be declared; null if there are none. */
  readonly retryAdding = signal<(() => void) | null>(null);

  /** True while the hero is in the window, as far as is known. */
  readonly isHeroShown = signal(true);

  /** Number of searches for more files, in folders or among the files to match. */
  readonly searches = signal(0);
  /** Number of searches that may still find files. The others only read the files that they found. */
  readonly openSearches = signal(0);

  /** Ids of files that were added again after a change, and are not shown any more; ascending. */
  readonly replaced = this.#derive(() => this.ledger.replaced);
  /** Number of files that the page can list. */
  readonly listedCount = this.#derive(
    () => this.acceptedCount + foundCount(this.pending) - this.ledger.replaced.length,
  );
  /** Number of files in the batch. On the watch page, their names may arrive a little later. */
  readonly fileCount = this.#derive(() =>
    Math.max(this.listedCount.value, this.ledger.currentTotals.files),
  );
  /** Number of files by state, as the page shows them. */
  readonly counts = this.#derive(() =>
    countsOf(this.ledger, this.fileCount.value, this.pending.refused.size),
  );
  /** True if files have failed, some of which may be being retried. */
  readonly hasFailures = computed(() => this.counts.value.failed > 0);
  /** True while the number of files is not final, which makes percentages meaningless. */
  readonly isGrowing = this.#derive(
    () =>
      this.searches.value > 0 ||
      this.acceptedCount - this.pending.refused.size > this.ledger.totals.files,
  );
  readonly bar = new OverallBar();
  /** Bytes per second, and seconds left, rounded; null while unknown. Measured while they are shown. */
  readonly meter = { speed: signal<number | null>(null), secondsLeft: signal<number | null>(null) };
  /** How long nothing has moved: `ShownStillness`. */
  readonly stillness = { seconds: signal<number | null>(null), isFirst: signal(true) };
  /** True while the bandwidth limit keeps this client from sending anything. */
  readonly isLimited = signal(false);
  /** The batch's name; "" without one. */
  readonly name = computed(() => nameOf(this.batch.value));
  /** True if the batch is completed: every file is settled. */
  readonly hasEnded = computed(
    () => this.batch.value?.state === "completed" && this.summary.value !== null,
  );
  /** True if the batch is completed or cancelled: nothing more will be stored. */
  readonly isOver = computed(() => this.hasEnded.value || this.batch.value?.state === "cancelled");

  /** True while all files are stored and some are processed: see `isSafe`. */
  readonly isSafe = computed(() => isSafe(this.batch.value, this.counts.value));
  /** True once nothing more has to be sent, and some files are stored. */
  readonly isFinished = computed(
    () => (this.hasEnded.value || this.isSafe.value) && storedCount(this.counts.value) > 0,
  );
  /** The kind that all files have. It visits each of them, but not in each frame. */
  readonly fileKind = computed(() => {
    void this.fileCount.value;
    void this.isFinished.value;
    return fileKind(this.ledger);
  });

  readonly #unsubscribers: readonly (() => void)[];
  #dirty = new Set<number>();
  #cancelFlush: (() => void) | null = null;
  #isTickDue = false;

  /** @param view an Uploader or a Watcher. The caller disposes of it after the board. */
  constructor(view: BatchView) {
    this.view = view;
    this.ledger = view.ledger;
    const ticks = setInterval(() => this.#countTick(), TICK_MS);
    this.#unsubscribers = [...this.#subscribe(view), () => clearInterval(ticks)];
    this.#flush();
  }

  /** Stops listening to the view. */
  dispose(): void {
    this.#cancelFlush?.();
    for (const unsubscribe of this.#unsubscribers) unsubscribe();
  }

  /** Number of files that the batch has or will have for certain, those that were replaced included. */
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
      view.on("problem", (problem) => {
        // The failure line names the reason of files that couldn't be declared.
        if (![...this.pending.refused.values()].includes(problem.code)) setProblem(problem);
      }),
      view.on("completed", markDirty),
      view.on("idle", markDirty),
      view.on("connection", markDirty),
      view.on("outage", (outage) => void (this.outage.value = outage)),
      view.on("ratelimited", ({ ms, code }) => void (this.wait.value = waitOf(ms, code))),
    ];
  }

  /** Updates all signals in the next frame. @param files ids of the files that changed */
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
      this.isCancelled.value = this.view.cancelled;
      this.connection.value = this.view.connection;
      this.wasLive.value ||= this.view.connection === "live";
    });
    this.#dirty = new Set();
    this.#updateBar();
  }

  #updateBar(): void {
    // Until the number of files is known, shares of all of them would be wrong.
    if (this.openSearches.peek() > 0) return;
    const { refused, undeclared, undeclaredBytes } = this.pending;
    // While others are declared, the size of all files is an estimate.
    const refusedBytes = refused.size === undeclared.length ? undeclaredBytes : 0;
    const files = { count: this.fileCount.peek(), isGrowing: this.isGrowing.peek(), refusedBytes };
    this.bar.update(this.ledger, this.counts.peek(), files);
  }

  #countTick(): void {
    if (this.#isTickDue) this.tick.value += 1;
    this.#isTickDue = false;
  }
}

function nameOf(resource: BatchResource | null): string {
  const name = resource?.metadata["name"];
  return typeof name === "string" ? name : "";
}
