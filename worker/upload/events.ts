import type { Row } from "../../protocol/index.ts";
import type { FileEvent } from "../../durable-objects/index.ts";
import type { BatchClient } from "../batches/batch-client.ts";

/** How long reports wait for company: a call with one costs the Batch nearly what a call with fifty does. */
const FLUSH_DELAY_MS = 80;

/**
 * How long mere byte counts wait: each call is paid for, and a bar that moves four times a second
 * moves. Of a large file, about four parts are on their way at a time, and each has its own reporter.
 */
const PROGRESS_DELAY_MS = { file: 250, part: 1000 };
/** How long they wait at first: what comes fast is there before, and then told with the same call. */
const FIRST_PROGRESS_DELAY_MS = 500;

/** What is only seen by the bytes that follow it: a part that begins is one of many. */
const PROGRESS_EVENTS: ReadonlySet<FileEvent["event"]> = new Set(["receiving", "partStarted"]);

/**
 * Gathers what a request has to report of its files into few calls, in order. Flush it before the
 * request is answered: what is answered must be in the tally.
 */
export class UploadEvents {
  readonly #batch: BatchClient;
  readonly #gatherBytesMs: number;
  #pending: FileEvent[] = [];
  /** Where in `#pending` each file's latest report lies. */
  readonly #latest = new Map<number, number>();
  #timer: ReturnType<typeof setTimeout> | null = null;
  #dueAt = 0;
  readonly #begunAt = Date.now();
  /** The calls made so far, one after the other. */
  #calls: Promise<void> = Promise.resolve();
  readonly #rows = new Map<number, Row>();
  #rev = 0;

  /** @param brings what the request brings: files, or one part of one */
  constructor(batch: BatchClient, brings: keyof typeof PROGRESS_DELAY_MS = "file") {
    this.#batch = batch;
    this.#gatherBytesMs = PROGRESS_DELAY_MS[brings];
  }

  /** The batch's rev as of the last call. */
  get rev(): number {
    return this.#rev;
  }

  /** A reported file's row as of the last call. */
  row(file: number): Row | undefined {
    return this.#rows.get(file);
  }

  add(...reports: FileEvent[]): void {
    for (const report of reports) {
      this.#push(report);
      this.#sendIn(PROGRESS_EVENTS.has(report.event) ? this.#bytesWaitMs : FLUSH_DELAY_MS);
    }
  }

  /** Resolves once the tally holds all that was added. */
  async flush(): Promise<void> {
    await this.#calls.catch(() => undefined);
    await this.#send();
  }

  /** What was added and is not in the tally yet: the caller tells it with a call of its own. */
  async takePending(): Promise<FileEvent[]> {
    await this.#calls.catch(() => undefined);
    this.#stopWaiting();
    return this.#take();
  }

  get #bytesWaitMs(): number {
    const untilFirst = this.#begunAt + FIRST_PROGRESS_DELAY_MS - Date.now();
    return untilFirst > 0 ? untilFirst : this.#gatherBytesMs;
  }

  /** Sends in so many ms, unless something is to be sent sooner anyway. */
  #sendIn(delay: number): void {
    const due = Date.now() + delay;
    if (this.#timer !== null && this.#dueAt <= due) return;
    this.#stopWaiting();
    this.#dueAt = due;
    this.#timer = setTimeout(() => void this.#trySend(), delay);
  }

  #push(report: FileEvent): void {
    const index = this.#latest.get(report.file);
    const previous = index === undefined ? undefined : this.#pending[index];
    // Of bytes that are arriving only the latest count is of interest.
    if (index !== undefined && previous?.event === "receiving" && report.event === "receiving") {
      this.#pending[index] = report;
    } else {
      this.#latest.set(report.file, this.#pending.push(report) - 1);
    }
  }

  /** A failed call's reports wait for the next one: only the last, flushed one has to succeed. */
  async #trySend(): Promise<void> {
    await this.#send().catch(() => undefined);
  }

  #stopWaiting(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #send(): Promise<void> {
    this.#stopWaiting();
    this.#calls = this.#calls.catch(() => undefined).then(() => this.#call());
    return this.#calls;
  }

  async #call(): Promise<void> {
    if (this.#pending.length === 0) return;
    const reports = this.#take();
    try {
      const { rev, rows } = await this.#batch.applyEvents(reports);
      this.#rev = rev;
      for (const row of rows) this.#rows.set(row[0], row);
    } catch (error) {
      const since = this.#take();
      for (const report of [...reports, ...since]) this.#push(report);
      throw error;
    }
  }

  #take(): FileEvent[] {
    const taken = this.#pending;
    this.#pending = [];
    this.#latest.clear();
    return taken;
  }
}
