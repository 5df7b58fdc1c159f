import type {
  BatchResource,
  BatchState,
  Frame,
  Row,
  SnapshotFrame,
  Summary,
  UploadProgressFrame,
} from "../protocol/index.ts";
import type { BatchApi } from "./api/batch-api.ts";
import { retryForever } from "./api/retry.ts";
import { Emitter } from "./emitter.ts";
import { type ClientCode, ProblemError, type ClientProblem, problemOf } from "./errors.ts";
import { Ledger, rowOf } from "./ledger.ts";
import { Live, type ConnectionState } from "./live/live.ts";
import { OutageReport } from "./outage-report.ts";
import { surface } from "./surface.ts";
import { type Outage, Reachability } from "./transport/reachability.ts";
import { ledgerFile, type Source } from "./source.ts";

/** The events of an Uploader or a Watcher. */
export interface ViewEvents {
  /**
   * Files were added to the ledger, the first with id `first`; `isOwn` if this client declared them,
   * from these `sources`.
   */
  files: { first: number; count: number; isOwn: boolean; sources?: readonly Source[] };
  /** The ledger's entries for `files`, or its totals, have changed. Fires often. */
  progress: { files: ReadonlySet<number> };
  /** The batch itself has changed: its state, for instance. */
  batch: BatchResource;
  /**
   * The files of a sealed batch are safe: each is stored, or has failed or was cancelled. Their senders may
   * leave, while processing may go on for hours. Fires before `completed`, and again after a retry.
   */
  stored: { stored: number; failed: number };
  /** Every file is settled. Fires again after failed files were retried. */
  completed: Summary;
  /** The source of live updates has changed. */
  connection: ConnectionState;
  /**
   * The server has been out of reach for five seconds, or a system in between responds in its place;
   * null once that is over. Everything that waits for it is repeated by itself. With the reason
   * `challenge`, a person has to reload the page.
   */
  outage: Outage | null;
  /**
   * Nothing more will be sent until files are added or retried, whatever the reason: all are stored or
   * have failed, a problem has ended the upload, or it was cancelled. `failed` counts the files that
   * have failed or couldn't be declared, as far as this client knows. Never of a Watcher.
   */
  idle: { failed: number };
  /**
   * The server asked to wait: nothing is sent for `ms` milliseconds. `code` is the reason, such as
   * `rate_limited` or `quota_exceeded`. Both are null when sending resumes.
   */
  ratelimited: { ms: number | null; code: ClientCode | null };
  /**
   * These files of `Uploader.add` couldn't be declared, and why. They aren't part of the batch: `retry`
   * declares them. Never of a Watcher.
   */
  undeclared: { sources: readonly Source[]; code: ClientCode };
  /** Something is wrong beyond single files. `running` is true if other files are still being sent. */
  problem: ClientProblem;
}

/**
 * The progress of one batch: what an Uploader and a Watcher have in common.
 *
 * @example
 * function log(view: BatchView): void {
 *   view.on("progress", () => console.log(`${view.ledger.percentComplete} %`));
 * }
 */
export interface BatchView {
  readonly ledger: Ledger;
  /** The batch by the server's latest report; null before the first. */
  readonly batch: BatchResource | null;
  /** Counts and failures of the completed batch; null before it completes, or while it's retried. */
  readonly summary: Summary | null;
  /** True if the batch was cancelled, as far as this client knows. */
  readonly cancelled: boolean;
  readonly connection: ConnectionState;
  /** The outage that was last reported; null once it is over. */
  readonly outage: Outage | null;
  /** True if files are still to be sent from here. Absent in a Watcher. */
  readonly running?: boolean;
  /** True while the bandwidth limit keeps this client from sending anything. Absent in a Watcher. */
  readonly isLimited?: boolean;
  /** True if a failed file is being retried by itself. Absent in a Watcher. */
  isRetrying?(file: number): boolean;
  /** Calls `listener` on every `event`. Returns a function that removes the listener. */
  on<K extends keyof ViewEvents>(event: K, listener: (detail: ViewEvents[K]) => void): () => void;
  /** Stops listening (and sending). The batch isn't changed. */
  dispose(): void;
}

/** Follows one batch by its live updates. */
export class View implements BatchView {
  readonly ledger = new Ledger();
  readonly #emitter = new Emitter<ViewEvents>();
  /** Aborts everything that this view does. */
  protected readonly disposal = new AbortController();
  /** Shared by all requests, so that one check tells all of them that the server is out of reach. */
  protected readonly reachability: Reachability;
  readonly #outageReport = new OutageReport((outage) => this.emit("outage", outage));
  #batch: BatchResource | null = null;
  #summary: Summary | null = null;
  #connection: ConnectionState = "connecting";
  /** True if `stored` was emitted for the batch as it is. */
  #isStored = false;
  #live: Live | null = null;
  /** The rev up to which every change is known. */
  #since = 0;
  /** True between the first and the last frame of a snapshot: `#since` must not advance. */
  #isMidSnapshot = false;

  /** @param endpoint the server's origin */
  constructor(endpoint: string) {
    this.reachability = new Reachability({
      endpoint,
      signal: this.disposal.signal,
      onChange: (outage) => this.#outageReport.set(outage),
    });
  }

  get batch(): BatchResource | null {
    return this.#batch;
  }

  get summary(): Summary | null {
    return this.#summary;
  }

  get cancelled(): boolean {
    return this.#batch?.state === "cancelled";
  }

  get connection(): ConnectionState {
    return this.#connection;
  }

  get outage(): Outage | null {
    return this.#outageReport.current;
  }

  on<K extends keyof ViewEvents>(event: K, listener: (detail: ViewEvents[K]) => void): () => void {
    return this.#emitter.on(event, listener);
  }

  dispose(): void {
    this.disposal.abort();
    this.#outageReport.stop();
    this.#live?.close();
  }

  /** Emits a `problem` event. Any error but a ProblemError is a bug, and surfaces as an uncaught one, too. */
  protected report(error: unknown): void {
    if (this.disposal.signal.aborted) return;
    if (!(error instanceof ProblemError)) surface(error);
    this.emit("problem", problemOf(error));
  }

  protected emit<K extends keyof ViewEvents>(event: K, detail: ViewEvents[K]): void {
    if (!this.disposal.signal.aborted) this.#emitter.emit(event, detail);
  }

  /** Called after the server's news of these files has been applied to the ledger. */
  protected onFilesChanged(_files: ReadonlySet<number>): void {}

  /** True if the batch has files that the ledger lacks. The totals are the first to know. */
  protected get hasUnknownFiles(): boolean {
    return this.ledger.count < this.ledger.totals.files;
  }

  protected get isListening(): boolean {
    return this.#live !== null;
  }

  /** Loads the batch's files that the ledger lacks. Returns false if that failed; it was reported. */
  protected async loadFiles(api: BatchApi, signal: AbortSignal): Promise<boolean> {
    const loadPage = () => this.#loadPage(api, signal);
    try {
      while (await retryForever(loadPage, signal, (problem) => this.report(problem)));
      return true;
    } catch (error) {
      this.report(error);
      return false;
    }
  }

  /** Starts live updates. @param since the rev up to which the ledger knows every change */
  protected listen(api: BatchApi, since: number): void {
    this.#since = since;
    this.#live = new Live({
      api,
      reachability: this.reachability,
      since: () => this.#since,
      onFrame: (frame) => this.#apply(frame),
      onConnection: (connection) => {
        this.#connection = connection;
        this.emit("connection", connection);
      },
      onProblem: (problem) => this.report(problem),
    });
  }

  /** Applies the server's report of the batch itself, unless a newer one is known. */
  protected setBatch(batch: BatchResource): void {
    if (batch.rev < (this.#batch?.rev ?? 0)) return;
    this.#batch = batch;
    this.ledger.setTotals(batch.totals, batch.percentComplete, batch.rev, batch.percentStored);
    if (batch.state !== "completed") this.#summary = null;
    this.emit("batch", batch);
    this.#reportStored();
    this.#completeIfDone();
  }

  /** Emits `stored` when no file of the sealed batch needs bytes any more. Called after each change. */
  #reportStored(): void {
    const { queued, uploading, processing, completed, failed } = this.ledger.totals;
    const isSealed = this.#batch?.sealed === true && this.#batch.state !== "cancelled";
    const isStored = isSealed && queued + uploading === 0 && processing + completed + failed > 0;
    if (isStored === this.#isStored) return;
    this.#isStored = isStored;
    if (isStored) this.emit("stored", { stored: processing + completed, failed });
  }

  /** Completes a completed batch once every row is here, so that the ledger agrees with the summary. */
  #completeIfDone(): void {
    if (!this.#batch?.summary || this.#since < this.#batch.rev) return;
    if (!this.hasUnknownFiles) this.#complete(this.#batch.summary);
  }

  /** Loads the next page of files. Returns true if there may be another. */
  async #loadPage(api: BatchApi, signal: AbortSignal): Promise<boolean> {
    const first = this.ledger.count;
    // Since the first rev: lists without a rev leave out files that were replaced.
    const { rev, files, next } = await api.files(first === 0 ? null : first - 1, 0, signal);
    this.ledger.add(files.map(ledgerFile));
    for (const file of files) {
      this.ledger.apply(rowOf(file), rev);
      this.ledger.setDetails(file);
    }
    this.emit("files", { first, count: files.length, isOwn: false });
    // From the first page on, so that changes to later pages are in them, in a frame, or in both.
    if (!this.isListening) this.listen(api, rev);
    this.#completeIfDone();
    return files.length > 0 && (next !== null || this.hasUnknownFiles);
  }

  #complete(summary: Summary): void {
    const isNew = this.#summary?.completedAt !== summary.completedAt;
    this.#summary = summary;
    if (isNew) this.emit("completed", summary);
  }

  #apply(frame: Frame): void {
    switch (frame.event) {
      case "snapshot":
        return this.#applySnapshot(frame);
      case "uploadProgress":
        return this.#applyProgress(frame);
      case "batch":
        return this.setBatch(frame.batch);
      case "uploadCompleted": {
        const { rev, summary, keepUntil = null } = frame;
        this.#since = Math.max(this.#since, rev);
        this.#setState("completed", rev, { completedAt: summary.completedAt, summary, keepUntil });
        return this.#complete(summary);
      }
    }
  }

  #applySnapshot({ batch, files, rev, more }: SnapshotFrame): void {
    this.#isMidSnapshot = more;
    this.ledger.setTotals(batch.totals, batch.percentComplete, rev, batch.percentStored);
    this.#applyRows(files, rev);
    this.setBatch(batch);
  }

  #applyProgress({ files, totals, rev, ...percents }: UploadProgressFrame): void {
    this.ledger.setTotals(totals, percents.percentComplete, rev, percents.percentStored);
    this.#applyRows(files, rev);
    this.#reportStored();
    const isUnsettled = totals.queued + totals.uploading + totals.processing > 0;
    if (isUnsettled && this.#batch?.state === "completed")
      this.#setState("active", rev, { completedAt: null, keepUntil: null });
  }

  #applyRows(rows: readonly Row[], rev: number): void {
    for (const row of rows) this.ledger.apply(row, rev);
    // Only frames with rows count: a batch frame's rev may be ahead of rows still to come.
    if (!this.#isMidSnapshot) this.#since = Math.max(this.#since, rev);
    const files = new Set(rows.map(([id]) => id));
    this.onFilesChanged(files);
    this.emit("progress", { files });
  }

  /** Sets the batch's state after a frame that implies it without carrying the batch. */
  #setState(
    state: BatchState,
    rev: number,
    completion: Pick<BatchResource, "completedAt" | "summary" | "keepUntil">,
  ): void {
    if (this.#batch === null || this.#batch.state === state) return;
    const { totals, percentComplete, percentStored } = this.ledger;
    const { summary: _, ...batch } = this.#batch;
    const progress = { totals, percentComplete, percentStored };
    this.setBatch({ ...batch, rev, state, ...completion, ...progress });
  }
}
