import { createHash } from "node:crypto";
import { type FileRecord, isFinalFailure } from "../../../durable-objects/batch/file.ts";
import type { Row, Totals } from "../../../protocol/index.ts";
import type { Bucket } from "../platform/r2.ts";
import type { Disk } from "../platform/storage.ts";
import { stage } from "../stage.ts";
import { type DurableState, History, isExpiredEmpty } from "./history.ts";
import { WebhookInvariant } from "./webhook-invariant.ts";

/** Longest time between a request's last call to its batch and its response. */
const RESPONSE_MS = 10_000;

/** `LINK_DAYS` of the simulation. */
const LINK_MS = 30 * 24 * 60 * 60_000;

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
  readonly webhook = new WebhookInvariant();
  /** True once a client has asked to delete the batch. Its files may disappear then. */
  isDeletionRequested = false;
  readonly #bucket: Bucket;
  readonly #digests: Digests;
  readonly #fail: (why: string) => void;
  /** Files that were reported to a client as completed. */
  readonly #reportedCompleted = new Set<number>();
  /** Time at which each completed file became that, in ms since 1970. */
  readonly #completedAt = new Map<number, number>();
  /** The first report of each file and of the totals at each rev. */
  readonly #reports = new Map<string, string>();
  /** The highest rev that was ever durable. */
  #highestRev = 0;

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
    if (after) this.#highestRev = Math.max(this.#highestRev, after.batch.rev);
    if (before && after) this.#compare(before, after);
    if (before && !after && !this.isDeletionRequested && !isDeletedByItself(before))
      this.#fail("the batch's records were deleted");
  }

  /**
   * Checks reported totals. Their rev must be within the durable reserve, so that it cannot come back
   * after a crash, and every report at the same rev must be the same.
   */
  checkTotals({ rev, totals, percentComplete }: ReportedTotals): void {
    const durable = this.history.lastExisting;
    if (!durable || rev > this.#highestRev)
      return this.#fail(`rev ${rev} was reported and is not durable`);
    this.#checkSame(`the totals at rev ${rev}`, JSON.stringify([totals, percentComplete]));
    const newest = Math.max(0, ...durable.files.map((file) => file.rev));
    const { completed, failed, cancelled } = durable.totals;
    if (this.history.latest === null || newest > rev) return;
    if (
      completed !== totals.completed ||
      failed !== totals.failed ||
      cancelled !== totals.cancelled
    )
      this.#fail(`totals at rev ${rev} differ from what is durable: ${JSON.stringify(totals)}`);
  }

  /** Checks reported rows. With a null `rev` they may be as of any earlier rev. */
  checkRows(rows: readonly Row[], rev: number | null): void {
    const latest = new Map(rows.map((row) => [row[0], row]));
    for (const [id, row] of latest) {
      if (row[1] === "completed") this.#checkCompleted(id);
      if (rev !== null) this.#checkSame(`file ${id} at rev ${rev}`, JSON.stringify(row));
    }
  }

  /** Checks the announcement of an end. */
  checkEnd(completedAt: string): void {
    if (!this.history.ends.has(completedAt))
      this.#fail(`an end at ${completedAt} was announced and is not durable`);
  }

  /** Checks a request that reports an error of R2 for a file. The batch must not have completed it before. */
  checkStorageError(file: number, sentAt: number): void {
    if (this.#isDeleted(file)) return;
    const completedAt = this.#completedAt.get(file) ?? Infinity;
    if (sentAt - completedAt > RESPONSE_MS)
      this.#fail(`a request for file ${file} failed, and the file is completed`);
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
    if (this.isDeletionRequested || this.#isDeleted(file)) return;
    const state = this.history.latest?.files[file]?.state;
    if (state !== "completed")
      this.#fail(`file ${file} was reported as completed, and is ${state}`);
    this.#checkObject(file);
  }

  /** True if the file was stored and then deleted. */
  #isDeleted(file: number): boolean {
    return this.history.lastExisting?.files[file]?.deletedAt !== undefined;
  }

  #checkObject(file: number): void {
    const isGone = this.isDeletionRequested || this.#isDeleted(file);
    const problem = isGone ? null : this.objectProblem(file);
    if (problem !== null) this.#fail(problem);
  }

  /** Checks that all reports of one thing are the same. */
  #checkSame(what: string, report: string): void {
    const before = this.#reports.get(what) ?? report;
    this.#reports.set(what, before);
    if (before !== report) this.#fail(`${what} was reported as ${before}, and then as ${report}`);
  }

  #compare(before: DurableState, after: DurableState): void {
    for (const [id, file] of before.files.entries()) {
      const next = after.files[id];
      if (next && !isAllowed(file, next)) {
        this.#fail(`file ${id} went from ${describe(file)} to ${describe(next)}`);
      }
      if (file.state !== "completed" && next?.state === "completed") {
        this.#completedAt.set(id, stage().scheduler.now);
        this.#checkObject(id);
      }
    }
    const [end, nextEnd] = [before.batch.completedAt, after.batch.completedAt];
    if (end !== null && nextEnd !== null && end !== nextEnd)
      this.#fail(`the batch was completed at ${end} and again at ${nextEnd}`);
  }
}

/**
 * True if a file may change so in one step. A settled file stays so, unless it is deleted, or failed and can
 * be retried.
 */
function isAllowed(before: FileRecord, after: FileRecord): boolean {
  if (after.size !== before.size || after.receivedBytes > after.size) return false;
  if (before.state === "completed")
    return isDeletion(after) || describe(before) === describe(after);
  if (before.state === "cancelled") return after.state === "cancelled";
  if (isFinalFailure(before)) return after.state === "failed" || after.state === "cancelled";
  return after.attempts >= before.attempts;
}

function isDeletion({ state, deletedAt, etag }: FileRecord): boolean {
  return state === "cancelled" && deletedAt !== undefined && etag === undefined;
}

function describe({ state, progress, etag }: FileRecord): string {
  return `${state} ${progress} ${etag}`;
}

/** True for a batch that was deleted `LINK_DAYS` after it expired without a completed file. */
function isDeletedByItself(state: DurableState): boolean {
  const { cancelledAt = Infinity, deletedAt = 0 } = state.batch;
  return isExpiredEmpty(state) && deletedAt >= cancelledAt + LINK_MS;
}
