import { PROGRESS, type Row } from "../../protocol/index.ts";

/** What watchers have not been told yet. */
export interface PendingUpdate {
  rows: Row[];
  batch: boolean;
  completed: boolean;
}

/**
 * Collects what watchers are to be told until the next frame is due. Every stage of every file is
 * kept, in order; of bytes that are still arriving only the latest count is.
 */
export class FrameQueue {
  #rows: Row[] = [];
  /** Where in `#rows` each file's latest row lies. */
  #latest = new Map<number, number>();
  #batch = false;
  #completed = false;

  get isEmpty(): boolean {
    return this.#rows.length === 0 && !this.#batch && !this.#completed;
  }

  add(changes: { rows: readonly Row[]; batch: boolean; completed: boolean }): void {
    for (const row of changes.rows) this.#addRow(row);
    this.#batch ||= changes.batch;
    this.#completed ||= changes.completed;
  }

  take(): PendingUpdate {
    const pending = { rows: this.#rows, batch: this.#batch, completed: this.#completed };
    this.#rows = [];
    this.#latest = new Map();
    this.#batch = this.#completed = false;
    return pending;
  }

  #addRow(row: Row): void {
    const index = this.#latest.get(row[0]);
    const previous = index === undefined ? undefined : this.#rows[index];
    if (index !== undefined && previous && isReceiving(previous) && isReceiving(row)) {
      this.#rows[index] = row;
      return;
    }
    this.#latest.set(row[0], this.#rows.push(row) - 1);
  }
}

function isReceiving([, state, progress]: Row): boolean {
  return state === "uploading" && progress < PROGRESS.stored;
}
