import {
  isBatch,
  isFile,
  isFilePage,
  isFrame,
  isBundleResponse,
} from "../../../client/api/guards.ts";
import { rowOf } from "../../../client/ledger.ts";
import {
  type BundleResponse,
  type Frame,
  isSettled,
  canBecome,
  PROGRESS,
  type Row,
} from "../../../protocol/index.ts";
import type { WorkerResponse } from "../platform/edge.ts";
import type { SimulatedObject } from "../platform/object.ts";
import type { Bucket } from "../platform/r2.ts";
import type { Disk } from "../platform/storage.ts";
import type { ReceivedEvent } from "../network/backend.ts";
import type { Observer, World } from "../world.ts";
import { BatchInvariants, type Digests } from "./batch-invariants.ts";
import { isExpiredEmpty } from "./history.ts";
import { uncountedProblem } from "./owner-invariant.ts";

/** Status of the error `storage_failed`. */
const STORAGE_FAILED = 502;

/** Most requests with files that a page may have in flight. */
const MOST_UPLOADS = 32;

/** Checks everything that is stored, responded and sent in one simulation. */
export class Invariants implements Observer {
  readonly batches = new Map<string, BatchInvariants>();
  readonly #frames = new Map<string, FrameSequence>();
  readonly #bucket: () => Bucket;
  readonly digests: Digests;
  #failure: string | null = null;

  constructor(bucket: () => Bucket, digests: Digests) {
    this.#bucket = bucket;
    this.digests = digests;
  }

  /** The first violation, or null. */
  get failure(): string | null {
    return this.#failure;
  }

  readonly fail = (why: string): void => {
    this.#failure ??= why;
  };

  onUncaught(error: string): void {
    this.fail(error);
  }

  onCommit({ id, disk }: SimulatedObject, owner: Disk | null): void {
    const batch = this.#batch(id);
    batch.onCommit(disk);
    const state = batch.history.latest;
    const problem = state && owner ? uncountedProblem(id, state, owner) : null;
    if (problem !== null) this.fail(problem);
  }

  onEvent(event: ReceivedEvent): void {
    const [id = ""] = event.id.split(".");
    const { history, webhook } = this.#batch(id);
    const problem = webhook.add(event, history);
    if (problem !== null) this.fail(problem);
  }

  onObjectChange(key: string): void {
    const [batch = "", file] = key.split("/");
    this.#batch(batch).onObjectChange(Number(file));
  }

  /** Call it before a batch is deleted: from then on its files may disappear. */
  expectDeletion(batch: string): void {
    this.#batch(batch).isDeletionRequested = true;
  }

  onResponse(url: string, response: WorkerResponse): void {
    const batch = this.#batchOf(url);
    const isWorkers = response.headers.has("Tallyman-Version");
    if (batch && isWorkers && response.text !== "") checkResponse(batch, url, response);
  }

  onFrame(url: string, socket: string, text: string): void {
    const batch = this.#batchOf(url);
    const frame: unknown = text.startsWith("{") ? JSON.parse(text) : null;
    if (!batch || !isFrame(frame)) return;
    const problem = this.#framesOf(socket).add(frame);
    if (problem !== null) this.fail(`${socket}: ${problem}`);
    if ("files" in frame) batch.checkRows(frame.files, frame.rev);
    if ("summary" in frame) batch.checkEnd(frame.summary.completedAt);
    if ("batch" in frame) batch.checkTotals(frame.batch);
    if ("totals" in frame) batch.checkTotals(frame);
  }

  onUpload(page: string, count: number): void {
    if (count > MOST_UPLOADS) this.fail(`${page} has ${count} uploads in flight`);
  }

  /**
   * Checks, once no batch has work left, that R2 has only completed files, that no alarm is set but that of
   * an expired batch without files, and that nothing is left of a deleted batch.
   */
  checkLeftovers(world: World): void {
    for (const problem of leftoverProblems(world, this.batches)) this.fail(problem);
  }

  #framesOf(socket: string): FrameSequence {
    const frames = this.#frames.get(socket) ?? new FrameSequence();
    this.#frames.set(socket, frames);
    return frames;
  }

  #batchOf(url: string): BatchInvariants | null {
    const batch = /\/v1\/batches\/([0-9a-f]{32})/u.exec(url)?.[1];
    return batch === undefined ? null : this.#batch(batch);
  }

  #batch(id: string): BatchInvariants {
    const existing = this.batches.get(id);
    if (existing) return existing;
    const batch = new BatchInvariants(id, this.#bucket(), this.digests, this.fail);
    this.batches.set(id, batch);
    return batch;
  }
}

function checkResponse(
  batch: BatchInvariants,
  url: string,
  { status, text, sentAt }: WorkerResponse,
): void {
  if (status === STORAGE_FAILED) return batch.checkStorageError(fileOf(url), sentAt);
  if (status >= 300) return;
  // An event stream is no JSON.
  const body: unknown = text.startsWith("{") ? JSON.parse(text) : null;
  if (isBatch(body)) batch.checkTotals(body);
  else if (isBundleResponse(body)) checkBundle(batch, body, sentAt);
  else if (isFilePage(body)) batch.checkRows(body.files.map(rowOf), body.rev);
  else if (isFile(body)) batch.checkRows([rowOf(body)], null);
}

function checkBundle(batch: BatchInvariants, { files }: BundleResponse, sentAt: number): void {
  batch.checkRows(
    files.flatMap((result) => ("state" in result ? [rowOf(result)] : [])),
    null,
  );
  for (const result of files) {
    if ("error" in result && result.error.code === "storage_failed")
      batch.checkStorageError(Number(result.id), sentAt);
  }
}

function fileOf(url: string): number {
  return Number(/\/files\/(\d+)/u.exec(url)?.[1]);
}

/** Checks the frames of one socket, which must make sense in their order. */
class FrameSequence {
  readonly #rows = new Map<number, Row>();
  /** Times of the ends that were announced. */
  readonly #ends = new Set<string>();
  #rev = 0;

  /** Returns what is wrong with a frame after the previous ones, or null. */
  add(frame: Frame): string | null {
    if (frame.rev < this.#rev) return `rev went back from ${this.#rev} to ${frame.rev}`;
    this.#rev = frame.rev;
    if ("summary" in frame) return this.#addEnd(frame.summary.completedAt);
    if (!("files" in frame)) return null;
    // Rows of a snapshot may skip states.
    const isSnapshot = frame.event === "snapshot";
    for (const row of frame.files) {
      const problem = isSnapshot ? null : this.#problemOf(row);
      if (problem) return problem;
      this.#rows.set(row[0], row);
    }
    return null;
  }

  #addEnd(completedAt: string): string | null {
    if (this.#ends.has(completedAt)) return `the end at ${completedAt} was announced twice`;
    this.#ends.add(completedAt);
    return null;
  }

  #problemOf(row: Row): string | null {
    const before = this.#rows.get(row[0]);
    if (!before || isAllowed(before, row)) return null;
    return `file ${row[0]} went from ${before.slice(1).join(" ")} to ${row.slice(1).join(" ")}`;
  }
}

/** True if a watcher that received `before` may receive `after` next. */
function isAllowed(before: Row, after: Row): boolean {
  const [, state, progress] = before;
  const [, nextState, nextProgress] = after;
  if (state !== nextState) return canBecome(state, nextState);
  if (isSettled(state)) return false;
  return progress < PROGRESS.stored || nextProgress >= progress;
}

function* leftoverProblems(
  { bucket, objects }: World,
  batches: ReadonlyMap<string, BatchInvariants>,
): Generator<string> {
  for (const object of objects.values()) yield* recordProblems(object, batches.get(object.id));
  for (const batch of batches.values()) yield* fileProblems(batch);
  for (const batch of batches.values()) yield* eventProblems(batch);
  for (const key of bucket.objects.keys()) {
    const [batch = "", file] = key.split("/");
    yield* objectProblems(batches.get(batch), Number(file));
  }
  for (const [id, { key }] of bucket.uploads) {
    const [batch = "", file] = key.split("/");
    const isLeft = isLeftUpload(batches.get(batch), Number(file), id);
    if (isLeft) yield `a multipart upload of ${key} is still open`;
  }
}

/**
 * True if a multipart upload should have been aborted. R2's lifecycle rule aborts those that were never
 * reported to their batch, and a failed file keeps its parts for a retry.
 */
function isLeftUpload(batch: BatchInvariants | undefined, file: number, upload: string): boolean {
  if (!batch?.history.uploads.has(upload)) return false;
  const record = batch.history.latest?.files[file];
  return record?.state !== "failed" || record.multipart?.id !== upload;
}

function* recordProblems(
  { name, disk }: SimulatedObject,
  batch: BatchInvariants | undefined,
): Generator<string> {
  const waits = batch?.history.latest && isExpiredEmpty(batch.history.latest);
  if (disk.alarm && !waits) yield `${name} still has an alarm, at ${disk.alarm.time}`;
  // The id of a batch that was created with a key is not used again.
  const records = [...disk.values.keys()].filter((key) => key !== "deleted");
  if (batch?.isDeletionRequested && records.length > 0) yield `${name} still has records`;
}

function* fileProblems(batch: BatchInvariants): Generator<string> {
  if (batch.isDeletionRequested) return;
  for (const [id, { state }] of (batch.history.lastExisting?.files ?? []).entries()) {
    const problem = state === "completed" ? batch.objectProblem(id) : null;
    if (problem !== null) yield problem;
  }
}

function* eventProblems({ id, history, webhook, isDeletionRequested }: BatchInvariants) {
  const problem = isDeletionRequested ? null : webhook.problemOf(history, id);
  if (problem !== null) yield problem;
}

function* objectProblems(batch: BatchInvariants | undefined, file: number): Generator<string> {
  const state = batch?.history.lastExisting?.files[file]?.state;
  if (batch?.isDeletionRequested) yield `a deleted batch still has an object of file ${file}`;
  else if (state !== "completed") yield `R2 has an object of file ${file}, which is ${state}`;
}
