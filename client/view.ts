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
import type { BatchView, ViewEvents } from "./batch-view.ts";
import { Emitter } from "./emitter.ts";
import { Ledger } from "./ledger.ts";
import { Live, type ConnectionState } from "./live/live.ts";
import { ProblemError } from "./errors.ts";
import { retryForever } from "./api/retry.ts";
import { rowOf } from "./rows.ts";
import { ledgerFile } from "./source.ts";
import { summarize } from "./summary.ts";

/** One batch as its live events tell of it. */
export class View implements BatchView {
  readonly ledger = new Ledger();
  readonly #emitter = new Emitter<ViewEvents>();
  /** Ends all that this view does. */
  protected readonly disposal = new AbortController();
  #batch: BatchResource | null = null;
  #summary: Summary | null = null;
  #connection: ConnectionState = "connecting";
  #live: Live | null = null;
  /** The rev up to which every change is known. */
  #since = 0;
  /** Is a snapshot still coming in? Until its end nothing may be taken as known. */
  #catchingUp = false;

  get batch(): BatchResource | null {
    return this.#batch;
  }

  get summary(): Summary | null {
    return this.#summary;
  }

  get connection(): ConnectionState {
    return this.#connection;
  }

  on<K extends keyof ViewEvents>(event: K, listener: (detail: ViewEvents[K]) => void): () => void {
    return this.#emitter.on(event, listener);
  }

  dispose(): void {
    this.disposal.abort();
    this.#live?.close();
  }

  /**
   * Tells of what went wrong beyond single files.
   *
   * @throws what is no ProblemError
   */
  protected report(error: unknown): void {
    if (this.disposal.signal.aborted) return;
    if (!(error instanceof ProblemError)) throw error;
    this.emit("problem", { code: error.code, detail: error.detail });
  }

  protected emit<K extends keyof ViewEvents>(event: K, detail: ViewEvents[K]): void {
    if (!this.disposal.signal.aborted) this.#emitter.emit(event, detail);
  }

  /** The server has news of these files, and the ledger has them. */
  protected follow(_files: ReadonlySet<number>): void {}

  /**
   * Loads the files of the batch that are not known here.
   *
   * @returns are all of them known now? Where not, the problem was reported
   */
  protected async loadFiles(api: BatchApi, signal: AbortSignal): Promise<boolean> {
    const nextPage = () => this.#loadPage(api);
    try {
      while (await retryForever(nextPage, signal, (problem) => this.report(problem)));
      return true;
    } catch (error) {
      this.report(error);
      return false;
    }
  }

  /** Are there files that the ledger does not have yet? The totals are the first to say so. */
  protected get isShort(): boolean {
    return this.ledger.count < this.ledger.totals.files;
  }

  protected get isListening(): boolean {
    return this.#live !== null;
  }

  /** Begins to listen. @param since the rev up to which the ledger knows everything */
  protected listen(api: BatchApi, since: number): void {
    this.#since = since;
    this.#live = new Live({
      api,
      since: () => this.#since,
      onFrame: (frame) => this.#apply(frame),
      onConnection: (connection) => {
        this.#connection = connection;
        this.emit("connection", connection);
      },
      onProblem: (problem) => this.emit("problem", problem),
    });
  }

  /** Takes in what the server says of the batch itself, unless something newer is known. */
  protected setBatch(batch: BatchResource): void {
    if (batch.rev < (this.#batch?.rev ?? 0)) return;
    this.#batch = batch;
    this.ledger.setTotals(batch.totals, batch.percentComplete, batch.rev);
    if (batch.state !== "completed") this.#summary = null;
    this.emit("batch", batch);
    this.#completeIfDone();
  }

  /** Sees to the summary where the batch has ended, every row is here, and no frame brought it. */
  #completeIfDone(): void {
    if (this.#batch?.state !== "completed" || this.#since < this.#batch.rev) return;
    if (!this.isShort && this.#summary === null)
      this.#complete(summarize(this.#batch, this.ledger));
  }

  /** Loads the next page of the batch's files; the answer is whether there may be another. */
  async #loadPage(api: BatchApi): Promise<boolean> {
    const first = this.ledger.count;
    const { rev, files, next } = await api.files(first === 0 ? null : first - 1);
    this.ledger.add(files.map(ledgerFile));
    for (const file of files) this.ledger.apply(rowOf(file), rev);
    this.emit("files", { first, count: files.length, isOwn: false });
    // From the first page on: what changes on later ones is in them, or in a frame, or in both.
    if (!this.isListening) this.listen(api, rev);
    this.#completeIfDone();
    return files.length > 0 && (next !== null || this.isShort);
  }

  #complete(summary: Summary): void {
    const isNews = this.#summary?.completedAt !== summary.completedAt;
    this.#summary = summary;
    if (isNews) this.emit("completed", summary);
  }

  #apply(frame: Frame): void {
    switch (frame.event) {
      case "snapshot":
        return this.#applySnapshot(frame);
      case "uploadProgress":
        return this.#applyProgress(frame);
      case "batch":
        return this.setBatch(frame.batch);
      case "uploadCompleted":
        this.#turn("completed", frame.summary.completedAt, frame.rev);
        return this.#complete(frame.summary);
    }
  }

  #applySnapshot({ batch, files, rev, more }: SnapshotFrame): void {
    this.#catchingUp = more;
    this.ledger.setTotals(batch.totals, batch.percentComplete, rev);
    this.#applyRows(files, rev);
    this.setBatch(batch);
  }

  #applyProgress({ files, totals, percentComplete, rev }: UploadProgressFrame): void {
    this.ledger.setTotals(totals, percentComplete, rev);
    this.#applyRows(files, rev);
    const isWaiting = totals.queued + totals.uploading + totals.processing > 0;
    if (isWaiting && this.#batch?.state === "completed") this.#turn("active", null, rev);
  }

  #applyRows(rows: readonly Row[], rev: number): void {
    for (const row of rows) this.ledger.apply(row, rev);
    // Only frames that bring rows count: a batch frame's rev may be ahead of rows still to come.
    if (!this.#catchingUp) this.#since = Math.max(this.#since, rev);
    const files = new Set(rows.map(([id]) => id));
    this.follow(files);
    this.emit("progress", { files });
  }

  /** The end of a batch, and its being taken up again, are told by frames that do not bring it. */
  #turn(state: BatchState, completedAt: string | null, rev: number): void {
    if (this.#batch === null || this.#batch.state === state) return;
    const { totals, percentComplete } = this.ledger;
    this.setBatch({ ...this.#batch, rev, state, completedAt, totals, percentComplete });
  }
}
