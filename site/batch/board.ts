import { batch, computed, type ReadonlySignal, signal } from "@preact/signals";
import type { BatchView, ClientProblem, ConnectionState, Ledger } from "../../client/index.ts";
import type { BatchResource, Summary } from "../../protocol/index.ts";
import { type Coming, foundIn } from "../upload/pending.ts";
import { countsOf } from "./counts.ts";
import { nextFrame } from "../ui/next-frame.ts";
import { OverallBar } from "./overall-bar.ts";

const NOTHING: ReadonlySet<number> = new Set();

/** How often, at most, what has to look at all files may do so. */
const BEAT_MS = 300;

/**
 * One batch, as signals that components read. Events may come many times a frame; the board hands
 * them on once a frame, so that the page works as hard for 10,000 files as for ten.
 */
export class Board {
  readonly view: BatchView;
  readonly ledger: Ledger;
  /** What the ledger is about to have: files are found, and declared. */
  readonly coming: Coming = { waiting: [], found: new Set() };
  /** The files that changed in this frame: a new set each time, so also the page's pulse. */
  readonly changed = signal(NOTHING);
  /** Counts up after changes, a few times a second: for what costs more the more files there are. */
  readonly beat = signal(0);
  readonly batch = signal<BatchResource | null>(null);
  readonly summary = signal<Summary | null>(null);
  readonly connection = signal<ConnectionState>("connecting");
  /** Have live events been here before? Then `connecting` means: again. */
  readonly wasLive = signal(false);
  /** For how many milliseconds the server has asked to wait, while it does. */
  readonly asked = signal<number | null>(null);
  /** What is wrong beyond single files, until there is better news of the batch. */
  readonly problem = signal<ClientProblem | null>(null);

  /** How many folders are being searched for more. */
  readonly searches = signal(0);

  /** Files that the page can list. */
  readonly count = this.#live(() => this.taken + foundIn(this.coming));
  /** Files that there are; a watcher may know their names a little later. */
  readonly files = this.#live(() => Math.max(this.count.value, this.ledger.totals.files));
  /** Files by state, as the page shows them. */
  readonly counts = this.#live(() => countsOf(this.ledger, this.files.value));
  /** Is it still to be seen how many files there will be? Then no share of them means anything. */
  readonly isGrowing = this.#live(
    () => this.searches.value > 0 || this.taken > this.ledger.totals.files,
  );
  readonly bar = new OverallBar();
  /** Has the batch said that every file is settled? */
  readonly ended = computed(
    () => this.batch.value?.state === "completed" && this.summary.value !== null,
  );

  readonly #off: readonly (() => void)[];
  #dirty = new Set<number>();
  #cancelFlush: (() => void) | null = null;
  #beatDue = false;
  #isBegun = false;

  /** @param view who uploads or watches; it outlives the board, which only listens */
  constructor(view: BatchView) {
    this.view = view;
    this.ledger = view.ledger;
    const beats = setInterval(() => this.#countBeat(), BEAT_MS);
    this.#off = [...this.#listen(view), () => clearInterval(beats)];
    this.#flush();
  }

  /** Stops listening. */
  dispose(): void {
    this.#cancelFlush?.();
    for (const off of this.#off) off();
  }

  /** Files that the batch has, or is sure to have. */
  get taken(): number {
    return this.ledger.count + this.coming.waiting.length;
  }

  #live<Value>(read: () => Value): ReadonlySignal<Value> {
    return computed(() => {
      void this.changed.value;
      return read();
    });
  }

  #listen(view: BatchView): (() => void)[] {
    const touch = (): void => this.touch();
    const setProblem = (problem: ClientProblem | null): void => {
      this.problem.value = problem;
      this.touch();
    };
    return [
      view.on("progress", ({ files }) => this.touch(files)),
      view.on("files", () => setProblem(null)),
      view.on("batch", () => setProblem(null)),
      view.on("problem", setProblem),
      view.on("completed", touch),
      view.on("connection", touch),
      view.on("ratelimited", ({ ms }) => void (this.asked.value = ms)),
    ];
  }

  /** Something has changed, of these files or beyond them, and is to be seen in the next frame. */
  touch(files: Iterable<number> = NOTHING): void {
    for (const file of files) this.#dirty.add(file);
    this.#cancelFlush ??= nextFrame(() => this.#flush());
  }

  #flush(): void {
    this.#cancelFlush = null;
    this.#beatDue = true;
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
    const isSeen = this.#isBegun && !document.hidden;
    this.#isBegun = this.view.batch !== null;
    if (!this.isGrowing.peek() && this.bar.move(this.ledger, isSeen)) this.touch();
  }

  #countBeat(): void {
    if (this.#beatDue) this.beat.value += 1;
    this.#beatDue = false;
  }
}
