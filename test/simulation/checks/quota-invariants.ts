import { type FileRecord, isRetryableFailure } from "../../../durable-objects/batch/file.ts";
import { DAY_MS } from "../../../protocol/index.ts";
import type { WorkerResponse } from "../platform/edge.ts";
import type { SimulatedObject } from "../platform/object.ts";
import type { Disk } from "../platform/storage.ts";
import { stage } from "../stage.ts";
import { type Observer, START, type World } from "../world.ts";
import { type DurableState, History } from "./history.ts";
import { ownerKeyOf, uncountedProblem } from "./owner-invariant.ts";

/** Quotas of each owner. */
export interface Quotas {
  openBatches: number;
  filesPerDay: number;
  bytesPerDay: number;
}

interface AttackedState {
  history: History;
  owner: string | null;
  /** The ids of the files that were ever stored. */
  stored: Set<number>;
}

/** Checks at each step that no owner has more than the quotas allow, whatever the owner counts. */
export class QuotaInvariants implements Observer {
  readonly digests: ReadonlyMap<string, string>;
  readonly #quotas: Quotas;
  readonly #batches = new Map<string, AttackedState>();
  /** The bytes that each owner has ever stored, deleted ones included. */
  readonly #stored = new Map<string, { files: number; bytes: number }>();
  #failure: string | null = null;

  constructor(digests: ReadonlyMap<string, string>, quotas: Quotas) {
    this.digests = digests;
    this.#quotas = quotas;
  }

  /** The first violation, or null. */
  get failure(): string | null {
    return this.#failure;
  }

  /** The files that were stored in the whole simulation. */
  get storedFiles(): number {
    return [...this.#stored.values()].reduce((sum, { files }) => sum + files, 0);
  }

  onUncaught(error: string): void {
    this.fail(error);
  }

  onCommit({ id, disk }: SimulatedObject, owner: Disk | null): void {
    const batch = this.#batch(id);
    batch.history.record(disk);
    batch.owner ??= ownerKeyOf(disk);
    const state = batch.history.latest;
    if (!state || batch.owner === null) return;
    this.#addStored(batch.owner, batch, state);
    // The owner of an anonymous batch has no object before the first file is declared.
    if (owner) this.fail(uncountedProblem(id, state, owner));
    this.#checkOpen(batch.owner);
  }

  onObjectChange(): void {}

  onFrame(): void {}

  onUpload(): void {}

  onResponse(url: string, { status, text }: WorkerResponse): void {
    if (status === 500) this.fail(`${url} was answered with 500: ${text}`);
  }

  /**
   * Checks, once no batch has work left, that R2 has only files that count: completed ones, and failed ones
   * that may be retried, of which a request may have stored an object without a report.
   */
  checkLeftovers({ bucket }: World): void {
    for (const key of bucket.objects.keys()) {
      const [id = "", file] = key.split("/");
      const record = recordOf(this.#batch(id).history.latest, Number(file));
      if (!record) this.fail(`R2 has ${key}, which is of no batch`);
      else if (!counts(record)) this.fail(`R2 has ${key}, which is ${record.state}`);
    }
  }

  /** @param why null if nothing is wrong */
  fail(why: string | null): void {
    this.#failure ??= why;
  }

  /** Every stored byte counts for a day on which it was declared, retried or sent. */
  #addStored(owner: string, { stored }: AttackedState, { files }: DurableState): void {
    const sum = this.#stored.get(owner) ?? { files: 0, bytes: 0 };
    this.#stored.set(owner, sum);
    for (const [id, { state, size }] of files.entries()) {
      if (state !== "completed" || stored.has(id)) continue;
      stored.add(id);
      sum.files++;
      sum.bytes += size;
    }
    const days = 1 + Math.floor((stage().scheduler.now - START) / DAY_MS);
    const { filesPerDay, bytesPerDay } = this.#quotas;
    if (sum.files > days * filesPerDay || sum.bytes > days * bytesPerDay)
      this.fail(`${owner} has stored ${sum.files} files, ${sum.bytes} bytes in ${days} days`);
  }

  #checkOpen(owner: string): void {
    const open = [...this.#batches.values()].filter(
      (batch) => batch.owner === owner && isOpen(batch.history.latest),
    );
    if (open.length > this.#quotas.openBatches)
      this.fail(`${owner} has ${open.length} open batches`);
  }

  #batch(id: string): AttackedState {
    const existing = this.#batches.get(id);
    if (existing) return existing;
    const batch = { history: new History(), owner: null, stored: new Set<number>() };
    this.#batches.set(id, batch);
    return batch;
  }
}

/** Returns the record of a file; null if its batch was deleted, or has no such file. */
function recordOf(state: DurableState | null, file: number): FileRecord | null {
  return state?.batch.deletedAt === undefined ? (state?.files[file] ?? null) : null;
}

function counts(file: FileRecord): boolean {
  return file.state === "completed" || isRetryableFailure(file);
}

/** True for a batch that counts as open. One without files may not be counted yet. */
function isOpen(state: DurableState | null): boolean {
  if (!state || state.batch.deletedAt !== undefined || state.files.length === 0) return false;
  return state.state === "active" || state.state === "paused";
}
