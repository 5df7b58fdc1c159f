import type { Row } from "../../protocol/index.ts";
import type { FileDetails, FileEvent } from "../../durable-objects/index.ts";
import type { BatchClient } from "../batches/batch-client.ts";

/** Delay before events are sent. A call with one costs the Batch nearly as much as one with fifty. */
const EVENT_DELAY_MS = 80;

/**
 * Delay before byte counts are sent: each call is paid for, and a bar that moves four times a second
 * looks smooth. About four parts of a large file are in flight at a time, each with its own events.
 */
const PROGRESS_DELAY_MS = { file: 250, part: 1000 };
/** Delay before the first ones: the bytes of a fast request are stored by then, and take no call. */
const FIRST_PROGRESS_DELAY_MS = 500;

/** Content of a request: whole files, one part of a file, or a form of files to be declared. */
export type UploadKind = keyof typeof PROGRESS_DELAY_MS | "form";

/** Events that wait for the longer delay. One part of many starting is a minor change. */
const PROGRESS_EVENTS: ReadonlySet<FileEvent["event"]> = new Set(["receiving", "partStarted"]);

/**
 * Sends a request's events to the Batch, in order and in few calls. Flush it before the response, as
 * the tally must hold everything that the response says.
 */
export class UploadEvents {
  readonly #batch: Pick<BatchClient, "applyEvents" | "file">;
  readonly #kind: UploadKind;
  #pending: FileEvent[] = [];
  /** Index in `#pending` of each file's latest event. */
  readonly #latest = new Map<number, number>();
  #timer: ReturnType<typeof setTimeout> | null = null;
  #dueAt = 0;
  readonly #createdAt = Date.now();
  /** The calls so far. Each waits for the one before. */
  #calls: Promise<void> = Promise.resolve();
  readonly #rows = new Map<number, Row>();
  #rev = 0;

  /** @param kind events of a form wait for `send()` or `flush()`, after its files are declared */
  constructor(batch: Pick<BatchClient, "applyEvents" | "file">, kind: UploadKind) {
    this.#batch = batch;
    this.#kind = kind;
  }

  /** The batch's rev after the last call. */
  get rev(): number {
    return this.#rev;
  }

  /** A file's row after the last call that had an event of it. */
  row(file: number): Row | undefined {
    return this.#rows.get(file);
  }

  add(...events: FileEvent[]): void {
    for (const event of events) {
      this.#push(event);
      if (this.#kind !== "form") this.#sendIn(this.#delayOf(event, this.#kind));
    }
  }

  /** Sends the events so far in the background. Those of a failed call go with the next one. */
  send(): void {
    void this.#send().catch(() => undefined);
  }

  /**
   * Sends all events. Resolves once the tally holds them.
   *
   * @param files ids of files to return as they are then
   */
  async flush(files: number[] = []): Promise<FileDetails[]> {
    await this.#calls.catch(() => undefined);
    this.#stopTimer();
    return this.#call(files);
  }

  /** Returns the events that the tally does not hold yet. The caller sends them with its own call. */
  async takePending(): Promise<FileEvent[]> {
    await this.#calls.catch(() => undefined);
    this.#stopTimer();
    return this.#take();
  }

  #delayOf({ event }: FileEvent, kind: keyof typeof PROGRESS_DELAY_MS): number {
    if (!PROGRESS_EVENTS.has(event)) return EVENT_DELAY_MS;
    const untilFirst = this.#createdAt + FIRST_PROGRESS_DELAY_MS - Date.now();
    return untilFirst > 0 ? untilFirst : PROGRESS_DELAY_MS[kind];
  }

  /** Schedules a call in `delay` ms, unless an earlier one is scheduled. */
  #sendIn(delay: number): void {
    const due = Date.now() + delay;
    if (this.#timer !== null && this.#dueAt <= due) return;
    this.#stopTimer();
    this.#dueAt = due;
    this.#timer = setTimeout(() => this.send(), delay);
  }

  #push(event: FileEvent): void {
    const index = this.#latest.get(event.file);
    const previous = index === undefined ? undefined : this.#pending[index];
    // A newer byte count replaces the older one.
    if (index !== undefined && previous?.event === "receiving" && event.event === "receiving") {
      this.#pending[index] = event;
    } else {
      this.#latest.set(event.file, this.#pending.push(event) - 1);
    }
  }

  #stopTimer(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #send(): Promise<void> {
    this.#stopTimer();
    this.#calls = this.#calls.catch(() => undefined).then(async () => void (await this.#call([])));
    return this.#calls;
  }

  async #call(listed: number[]): Promise<FileDetails[]> {
    if (this.#pending.length === 0 && listed.length === 0) return [];
    const events = this.#take();
    try {
      const { rev, rows, files } = await this.#batch.applyEvents(events, null, listed);
      this.#rev = rev;
      for (const row of rows) this.#rows.set(row[0], row);
      return files ?? (await Promise.all(listed.map((id) => this.#batch.file(id))));
    } catch (error) {
      const newer = this.#take();
      for (const event of [...events, ...newer]) this.#push(event);
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
