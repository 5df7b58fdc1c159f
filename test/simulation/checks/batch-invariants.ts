import { createHash } from "node:crypto";
import { type FileRecord, isFinalFailure } from "../../../durable-objects/batch/file.ts";
import type { Row, Totals } from "../../../protocol/index.ts";
import type { Bucket } from "../platform/r2.ts";
import type { Disk } from "../platform/storage.ts";
import { type DurableState, History } from "./history.ts";

/** Figures of a whole batch, as a response or a frame reports them. */
export interface ReportedTotals {
  rev: number;
  totals: Totals;
  percentComplete: number;
}

/** Hex SHA-256 of each file's content, by its name. Names are unique in a simulation. */
export type Digests = ReadonlyMap<string, string>;

/** Checks at each step that one batch keeps what it promises. */
export class BatchInvariants {
  readonly id: string;
  readonly history = new History();
  /** True once a client has asked to delete the batch. Its files may disappear then. */
  isDeletionRequested = false;
  readonly #bucket: Bucket;
  readonly #digests: Digests;
  readonly #fail: (why: string) => void;
  /** Files that were reported to a client as completed. */
  readonly #reportedCompleted = new Set<number>();

  /** @param fail receives each violation */
  constructor(id: string, bucket: Bucket, digests: Digests, fail: (why: string) => void) {
    this.id = id;
    this.#bucket = bucket;
    this.#digests = digests;
    this.#fail = fail;
  }

  /** Checks the step that has just become durable. */
  onCommit(disk: Disk): void {
    const before = this.history.latest;
    this.history.record(disk);
    const after = this.history.latest;
    if (before && after) this.#compare(before, after);
    if (before && !after && !this.#mayBeDeleted(before))
      this.#fail("the batch's records were deleted");
  }

  /** Checks that reported totals are those that were durable at their rev. */
  checkTotals({ rev, totals, percentComplete }: ReportedTotals): void {
    const state = this.history.at(rev);
    if (!state) return this.#fail(`rev ${rev} was reported and never became durable`);
    const [reported, counted] = [totals, state.totals].map((sums) => JSON.stringify(sums));
    if (reported !== counted)
      this.#fail(`totals at rev ${rev} are reported as ${reported}, but are ${counted}`);
    if (percentComplete !== state.percentComplete) {
      this.#fail(`${percentComplete} % at rev ${rev} should be ${state.percentComplete}`);
    }
  }

  /** Checks reported rows. With a null `rev` they may be as of any earlier rev. */
  checkRows(rows: readonly Row[], rev: number | null): void {
    const latest = new Map(rows.map((row) => [row[0], row]));
    for (const [id, row] of latest) {
      if (row[1] === "completed") this.#checkCompleted(id);
      if (rev !== null) this.#checkRow(id, row, rev);
    }
  }

  /** Checks a file whose object in R2 was stored or deleted. */
  onObjectChange(file: number): void {
    if (this.#reportedCompleted.has(file)) this.#checkObject(file);
  }

  /** Returns why a completed file is not in R2 exactly once with its bytes, or null. */
  objectProblem(file: number): string | null {
    const name = this.history.lastExisting?.manifest[file]?.name ?? "";
    const objects = this.#bucket.list(`${this.id}/${file}/`);
    if (objects.length !== 1)
      return `file ${file} is completed, and has ${objects.length} objects in R2`;
    const digest = createHash("sha256")
      .update(objects[0]?.bytes ?? "")
      .digest("hex");
    return digest === this.#digests.get(name) ? null : `file ${file} has the wrong bytes in R2`;
  }

  #checkCompleted(file: number): void {
    this.#reportedCompleted.add(file);
    if (this.isDeletionRequested) return;
    const state = this.history.latest?.files[file]?.state;
    if (state !== "completed")
      this.#fail(`file ${file} was reported as completed, and is ${state}`);
    this.#checkObject(file);
  }

  #checkObject(file: number): void {
    const problem = this.isDeletionRequested ? null : this.objectProblem(file);
    if (problem !== null) this.#fail(problem);
  }

  #checkRow(id: number, row: Row, rev: number): void {
    const durable = this.history.at(rev)?.rows[id];
    if (JSON.stringify(durable) === JSON.stringify(row)) return;
    const [reported, actual] = [row.join(" "), durable?.join(" ")];
    this.#fail(`file ${id} at rev ${rev} was reported as ${reported}, and is ${actual}`);
  }

  #compare(before: DurableState, after: DurableState): void {
    if (after.batch.rev < before.batch.rev) this.#fail("the stored rev went back");
    for (const [id, file] of before.files.entries()) {
      const next = after.files[id];
      if (next && !isAllowed(file, next)) {
        this.#fail(`file ${id} went from ${describe(file)} to ${describe(next)}`);
      }
      if (next && file.state !== "completed" && next.state === "completed") this.#checkObject(id);
    }
  }

  #mayBeDeleted({ batch }: DurableState): boolean {
    return this.isDeletionRequested || batch.cancelled || batch.completedAt !== null;
  }
}

/** True if a file may change so in one step. A settled file stays so, unless it failed and can be retried. */
function isAllowed(before: FileRecord, after: FileRecord): boolean {
  if (after.size !== before.size || after.receivedBytes > after.size) return false;
  if (before.state === "completed") return describe(before) === describe(after);
  if (before.state === "cancelled" || isFinalFailure(before)) return after.state === before.state;
  return after.attempts >= before.attempts;
}

function describe({ state, progress, etag }: FileRecord): string {
  return `${state} ${progress} ${etag}`;
}
