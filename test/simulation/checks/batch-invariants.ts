import { createHash } from "node:crypto";
import { type FileRecord, isFinalFailure } from "../../../durable-objects/batch/file.ts";
import type { Row, Totals } from "../../../protocol/index.ts";
import { History, type DurableState } from "./history.ts";
import type { Bucket } from "../platform/r2.ts";
import type { Disk } from "../platform/storage.ts";

/** What was said of a whole batch. */
export interface ReportedTotals {
  rev: number;
  totals: Totals;
  percentComplete: number;
}

/** Hex SHA-256 of each file's content, by its name: every file of a life has its own. */
export type Digests = ReadonlyMap<string, string>;

/** Sees to it that one batch keeps what it promises, step by step. */
export class BatchInvariants {
  readonly id: string;
  readonly history = new History();
  /** Has somebody asked for the batch to be deleted? Then its files may go. */
  isDeletionRequested = false;
  readonly #bucket: Bucket;
  readonly #digests: Digests;
  readonly #fail: (why: string) => void;
  /** Files of which somebody was told that they are completed. */
  readonly #reportedCompleted = new Set<number>();

  /** @param fail is told of each promise that was broken */
  constructor(id: string, bucket: Bucket, digests: Digests, fail: (why: string) => void) {
    this.id = id;
    this.#bucket = bucket;
    this.#digests = digests;
    this.#fail = fail;
  }

  /** Something has become durable. */
  onCommit(disk: Disk): void {
    const before = this.history.latest;
    this.history.record(disk);
    const after = this.history.latest;
    if (before && after) this.#compare(before, after);
    if (before && !after && !this.#mayBeDeleted(before)) this.#fail("the batch's records are gone");
  }

  /** Whoever was told of a rev was told what was durable at that rev. */
  checkTotals({ rev, totals, percentComplete }: ReportedTotals): void {
    const moment = this.history.at(rev);
    if (!moment) return this.#fail(`rev ${rev} was told, and was never durable`);
    const [told, counted] = [totals, moment.totals].map((sums) => JSON.stringify(sums));
    if (told !== counted) this.#fail(`totals at rev ${rev} are ${told}, and the rows' ${counted}`);
    if (percentComplete !== moment.percentComplete) {
      this.#fail(`${percentComplete} % at rev ${rev} should be ${moment.percentComplete}`);
    }
  }

  /** Rows were told: as of `rev`, or as of some earlier rev where that is null. */
  checkRows(rows: readonly Row[], rev: number | null): void {
    const latest = new Map(rows.map((row) => [row[0], row]));
    for (const [id, row] of latest) {
      if (row[1] === "completed") this.#checkCompleted(id);
      if (rev !== null) this.#checkRow(id, row, rev);
    }
  }

  /** An object of this batch was stored or deleted. */
  onObjectChange(file: number): void {
    if (this.#reportedCompleted.has(file)) this.#checkObject(file);
  }

  /** Is the file's object there, once, and with the right bytes? */
  problemOfObject(file: number): string | null {
    const name = this.history.lastExisting?.manifest[file]?.name ?? "";
    const objects = this.#bucket.list(`${this.id}/${file}/`);
    if (objects.length !== 1) return `file ${file} is completed and ${objects.length} times in R2`;
    const digest = createHash("sha256")
      .update(objects[0]?.bytes ?? "")
      .digest("hex");
    return digest === this.#digests.get(name) ? null : `file ${file} has the wrong bytes in R2`;
  }

  #checkCompleted(file: number): void {
    this.#reportedCompleted.add(file);
    if (this.isDeletionRequested) return;
    const state = this.history.latest?.files[file]?.state;
    if (state !== "completed") this.#fail(`file ${file} was told completed, and is ${state}`);
    this.#checkObject(file);
  }

  #checkObject(file: number): void {
    const problem = this.isDeletionRequested ? null : this.problemOfObject(file);
    if (problem !== null) this.#fail(problem);
  }

  #checkRow(id: number, row: Row, rev: number): void {
    const known = this.history.at(rev)?.rows[id];
    if (JSON.stringify(known) === JSON.stringify(row)) return;
    this.#fail(`file ${id} at rev ${rev} was told as ${row.join(" ")}, and is ${known?.join(" ")}`);
  }

  #compare(before: DurableState, after: DurableState): void {
    if (after.batch.rev < before.batch.rev) this.#fail("rev went back in the storage");
    for (const [id, file] of before.files.entries()) {
      const next = after.files[id];
      if (next && !mayBecome(file, next)) {
        this.#fail(`file ${id} went from ${describe(file)} to ${describe(next)}`);
      }
      if (next && file.state !== "completed" && next.state === "completed") this.#checkObject(id);
    }
  }

  #mayBeDeleted({ batch }: DurableState): boolean {
    return this.isDeletionRequested || batch.cancelled || batch.completedAt !== null;
  }
}

/** What is settled stays so: only a failed file that is worth it may be tried again. */
function mayBecome(before: FileRecord, after: FileRecord): boolean {
  if (after.size !== before.size || after.receivedBytes > after.size) return false;
  if (before.state === "completed") return describe(before) === describe(after);
  if (before.state === "cancelled" || isFinalFailure(before)) return after.state === before.state;
  return after.attempts >= before.attempts;
}

function describe({ state, progress, etag }: FileRecord): string {
  return `${state} ${progress} ${etag}`;
}
