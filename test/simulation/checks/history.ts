import { type FileRecord, fileRow } from "../../../durable-objects/batch/file.ts";
import type { StoredBatch } from "../../../durable-objects/batch/tally.ts";
import {
  type BatchState,
  fileWeight,
  isSettled,
  percentOf,
  type Row,
  type Totals,
} from "../../../protocol/index.ts";
import type { FileDeclaration } from "../../../protocol/schemas.ts";
import type { Disk } from "../platform/storage.ts";

/** A batch as it is durable. Requests that send files and their progress are in memory only. */
export interface DurableState {
  batch: StoredBatch;
  state: BatchState;
  manifest: readonly FileDeclaration[];
  files: readonly FileRecord[];
  rows: readonly Row[];
  /** Files that others have replaced: lists leave them out. */
  replaced: ReadonlySet<number>;
  /** Counted from the rows. */
  totals: Totals;
  percentComplete: number;
}

/** True for a batch that expired without a completed file, which is deleted by itself. */
export function isExpiredEmpty({ batch, totals }: DurableState): boolean {
  return batch.expired && totals.completed === 0;
}

/** The durable states of one batch. */
export class History {
  #latest: DurableState | null = null;
  #lastExisting: DurableState | null = null;
  /** Ids of all multipart uploads that were ever reported to the batch. */
  readonly uploads = new Set<string>();

  /** Times of all ends of the batch, as a summary has them. */
  readonly ends = new Set<string>();
  /** Their revs. */
  readonly endRevs = new Set<number>();

  /** The current state; null before the batch exists and after its deletion. */
  get latest(): DurableState | null {
    return this.#latest;
  }

  /** The current state, or after a deletion the one before it. */
  get lastExisting(): DurableState | null {
    return this.#lastExisting;
  }

  /** Adds the state that is on the disk. */
  record(disk: Disk): void {
    this.#latest = durableStateOf(disk);
    if (!this.#latest) return;
    this.#lastExisting = this.#latest;
    const { completedAt, completedRev } = this.#latest.batch;
    if (completedRev !== undefined) this.endRevs.add(completedRev);
    if (completedAt !== null) this.ends.add(new Date(completedAt).toISOString());
    for (const { multipart, orphans = [] } of this.#latest.files)
      for (const { id } of multipart ? [multipart, ...orphans] : orphans) this.uploads.add(id);
  }
}

function durableStateOf({ values }: Disk): DurableState | null {
  const batch = values.get("batch");
  if (!isStoredBatch(batch)) return null;
  const files = rowsOf<FileRecord>(values, "records/");
  const state = stateOf(batch, files);
  return {
    batch,
    state,
    manifest: rowsOf<FileDeclaration>(values, "manifest/"),
    files,
    rows: files.map((file, id) => fileRow(id, file)),
    replaced: new Set(numbersOf(values.get("replaced"))),
    totals: totalsOf(files),
    percentComplete: state === "completed" ? 100 : percentOfAll(files),
  };
}

function stateOf({ sealed, paused, cancelled }: StoredBatch, files: readonly FileRecord[]) {
  if (cancelled) return "cancelled";
  if (sealed && files.every((file) => isSettled(file.state))) return "completed";
  return paused ? "paused" : "active";
}

function isStoredBatch(value: unknown): value is StoredBatch {
  return typeof value === "object" && value !== null && "rev" in value && "sealed" in value;
}

function rowsOf<Item>(values: ReadonlyMap<string, unknown>, prefix: string): Item[] {
  const keys = [...values.keys()].filter((key) => key.startsWith(prefix)).toSorted();
  return keys.flatMap((key) => {
    const value = values.get(key);
    return isArrayOf<Item>(value) ? value : [];
  });
}

function numbersOf(value: unknown): number[] {
  return isArrayOf<number>(value) ? value : [];
}

/** Trusts the Batch to write the right items below each prefix. */
function isArrayOf<Item>(value: unknown): value is Item[] {
  return Array.isArray(value);
}

/** Counts file by file, unlike the tally, which stores its sums. */
function totalsOf(files: readonly FileRecord[]): Totals {
  const count = (state: FileRecord["state"]) => files.filter((file) => file.state === state).length;
  return {
    files: files.length,
    queued: count("queued"),
    uploading: count("uploading"),
    processing: count("processing"),
    completed: count("completed"),
    failed: count("failed"),
    cancelled: count("cancelled"),
    bytes: files.reduce((sum, { size }) => sum + size, 0),
    receivedBytes: files.reduce((sum, { receivedBytes }) => sum + receivedBytes, 0),
  };
}

function percentOfAll(files: readonly FileRecord[]): number {
  const whole = files.reduce((sum, { size }) => sum + fileWeight(size), 0);
  const done = files.reduce((sum, { size, state, progress }) => {
    return sum + fileWeight(size) * (isSettled(state) ? 100 : progress);
  }, 0);
  return percentOf(done, whole * 100);
}
