import { DAY_MS, MINUTE_MS } from "../../../protocol/index.ts";
import { type Account, findBatch, isOpen, newAccount, type OwnedBatch } from "../account.ts";
import { excess, isNothing, NOTHING, sum, total } from "../amount.ts";
import { withBatchEvent } from "../batch-event.ts";
import { countedOn, dayOf } from "../day-count.ts";
import type { Amount, BatchEvent } from "../messages.ts";
import { accountOn, withBatch, withFiles, withReopened, missingAmount } from "../reservations.ts";

/** Longest time after which a batch has told its owner everything: less than a reservation lasts. */
const CONFIRM_MS = 5 * MINUTE_MS;

interface ModelFile {
  bytes: number;
  state: "queued" | "completed" | "failed" | "cancelled";
  /** The day for which its quota was reserved, in days since 1970. */
  day: number;
}

interface ModelBatch {
  id: string;
  createdAt: number;
  rev: number;
  state: "active" | "completed" | "cancelled" | "removed";
  files: ModelFile[];
  /** Declaring calls that the next event confirms. */
  calls: string[];
  /** Time of the first change that the owner lacks; null if there is none. */
  changedAt: number | null;
}

/** One step. Indices select from what exists, and a step without a target does nothing. */
export type OwnerStep =
  | { step: "create"; bytes: number; isLost: boolean }
  | { step: "declare"; batch: number; call: number; bytes: number; isLost: boolean }
  | { step: "file"; batch: number; file: number; becomes: "completed" | "failed" | "cancelled" }
  | { step: "seal"; batch: number }
  | { step: "retry"; batch: number; isLost: boolean }
  | { step: "cancel"; batch: number }
  | { step: "delete"; batch: number }
  | { step: "event"; batch: number }
  | { step: "repeat"; event: number }
  | { step: "wait"; minutes: number };

/**
 * Plays the Worker and the batches of one owner against the pure functions of the account. A lost step
 * ends after the reservation, as if the Worker had ended there.
 */
export class OwnerModel {
  account: Account = newAccount();
  now: number;
  readonly #batches: ModelBatch[] = [];
  readonly #events: BatchEvent[] = [];
  #names = 0;

  constructor(now: number) {
    this.now = now;
  }

  /** The first batch that is counted with less than it has stored, or the whole account if that is; null if none. */
  get problem(): string | null {
    const account = accountOn(this.account, this.now);
    const listed = this.#batches.filter(({ state }) => state !== "removed");
    const short = listed.find((batch) => this.#isShort(batch, findBatch(account, batch.id)));
    if (short) return `${short.id} has stored more than is counted`;
    const open = listed.find(({ id, state }) => state === "active" && !isListedOpen(account, id));
    if (open) return `${open.id} is active, and not counted as open`;
    const counted = total(account.batches.map((batch) => countedOn(batch, account.day)));
    const removed = this.#batches.filter(({ state }) => state === "removed");
    const all = sum(counted, total(removed.map((batch) => this.#storedToday(batch))));
    return isNothing(excess(all, account.used)) ? null : "the account counts less than its batches";
  }

  #isShort(batch: ModelBatch, known: OwnedBatch | undefined): boolean {
    const completed = amountOf(batch.files.filter(({ state }) => state === "completed"));
    const today = countedOn(known, dayOf(this.now));
    const isToday = isNothing(excess(this.#storedToday(batch), today));
    return !isToday || !isNothing(excess(completed, known?.used ?? NOTHING));
  }

  /** Returns what is stored of the files of a batch that were reserved today. */
  #storedToday({ files }: ModelBatch): Amount {
    const day = dayOf(this.now);
    return amountOf(files.filter((file) => file.state === "completed" && file.day === day));
  }

  perform(step: OwnerStep): void {
    switch (step.step) {
      case "create":
        return this.#create(step.bytes, step.isLost);
      case "repeat":
        return this.#repeat(step.event);
      case "wait":
        return this.#wait(step.minutes * MINUTE_MS);
      default: {
        const batch = pick(this.#batches, step.batch);
        if (batch && batch.state !== "removed") this.#performOn(batch, step);
      }
    }
  }

  /** Deletes every batch, and lets the day and all reservations pass. */
  end(): void {
    for (const batch of this.#batches) this.#performOn(batch, { step: "delete", batch: 0 });
    this.#wait(DAY_MS);
  }

  #performOn(batch: ModelBatch, step: OwnerStep): void {
    if (step.step === "declare") this.#declare(batch, step);
    if (step.step === "file") this.#settle(batch, step);
    if (step.step === "seal") this.#change(batch, "completed", batch.state === "active");
    if (step.step === "retry") this.#retry(batch, step.isLost);
    if (step.step === "cancel") this.#change(batch, "cancelled", batch.state === "active");
    if (step.step === "delete") this.#change(batch, "removed", batch.state !== "removed");
    if (step.step === "event" || step.step === "delete") this.#notify(batch);
  }

  #create(bytes: number, isLost: boolean): void {
    const id = `batch ${this.#names++}`;
    const created = { id, createdAt: this.now, files: 1, bytes };
    this.account = withBatch(this.#today(), created);
    const files = [{ bytes, state: "queued" as const, day: dayOf(this.now) }];
    const batch = { id, createdAt: this.now, rev: 1, files, calls: [], changedAt: this.now };
    if (!isLost) this.#batches.push({ ...batch, state: "active" });
  }

  /** A call is named by the batch's files, so that a lost one is repeated by the next. */
  #declare(batch: ModelBatch, step: { call: number; bytes: number; isLost: boolean }): void {
    if (batch.state !== "active") return;
    const call = `${batch.files.length} ${step.call}`;
    const added = {
      batch: batch.id,
      call,
      files: 1,
      bytes: step.bytes,
      createdAt: batch.createdAt,
    };
    const today = this.#today();
    this.account = withFiles(today, { ...added, ...missingAmount(today, added) }, this.now);
    if (step.isLost) return;
    batch.files.push({ bytes: step.bytes, state: "queued", day: dayOf(this.now) });
    batch.calls.push(call);
    this.#touch(batch);
  }

  /** An unfinished file becomes settled, and the last one completes a batch that has ended before. */
  #settle(
    batch: ModelBatch,
    { file, becomes }: { file: number; becomes: ModelFile["state"] },
  ): void {
    const chosen = pick(batch.files, file);
    if (chosen?.state !== "queued" || batch.state !== "active") return;
    chosen.state = becomes;
    this.#touch(batch);
  }

  /** A completed or deleted batch has no unfinished file. */
  #change(batch: ModelBatch, state: ModelBatch["state"], isAllowed: boolean): void {
    if (!isAllowed) return;
    for (const file of batch.files) if (file.state === "queued") file.state = "cancelled";
    batch.state = state;
    this.#touch(batch);
  }

  #retry(batch: ModelBatch, isLost: boolean): void {
    const failed = batch.files.filter(({ state }) => state === "failed");
    if (failed.length === 0 || (batch.state !== "active" && batch.state !== "completed")) return;
    if (batch.state === "completed") {
      const { id, createdAt, rev, files } = batch;
      const counted = amountOf(files.filter(isCounted));
      const reopened = { id, createdAt, rev, files: files.length, counted };
      const amount = { failed: amountOf(failed) };
      this.account = withReopened(this.#today(), { ...reopened, ...amount }, this.now);
      if (isLost) return;
      for (const file of failed) file.day = dayOf(this.now);
    }
    for (const file of failed) file.state = "queued";
    batch.state = "active";
    this.#touch(batch);
  }

  #touch(batch: ModelBatch): void {
    batch.rev += 2;
    batch.changedAt ??= this.now;
  }

  #notify(batch: ModelBatch): void {
    const { id, createdAt, rev, state, files, calls } = batch;
    const completed = amountOf(files.filter((file) => file.state === "completed"));
    const isFinal = state === "cancelled" || state === "removed";
    const counted = isFinal ? completed : amountOf(files.filter(isCounted));
    const event = { id, createdAt, rev, state, files: files.length, completed, counted };
    this.#apply({ ...event, calls: [...calls] });
    batch.calls = [];
    batch.changedAt = null;
  }

  #apply(event: BatchEvent): void {
    this.#events.push(event);
    this.account = withBatchEvent(this.#today(), event);
  }

  /** An event may be delivered twice, and late. */
  #repeat(index: number): void {
    const event = pick(this.#events, index);
    if (event && event.state !== "removed") this.account = withBatchEvent(this.#today(), event);
  }

  #wait(ms: number): void {
    for (const batch of this.#batches) {
      const { changedAt } = batch;
      if (changedAt !== null && changedAt + CONFIRM_MS < this.now + ms) this.#notify(batch);
    }
    this.now += ms;
    this.account = this.#today();
  }

  #today(): Account {
    return accountOn(this.account, this.now);
  }
}

function isListedOpen(account: Account, id: string): boolean {
  const known = findBatch(account, id);
  return known !== undefined && isOpen(known);
}

function pick<T>(all: readonly T[], index: number): T | undefined {
  return all[index % Math.max(1, all.length)];
}

function isCounted({ state }: ModelFile): boolean {
  return state !== "cancelled";
}

function amountOf(files: readonly ModelFile[]): Amount {
  return files.reduce((all, { bytes }) => sum(all, { files: 1, bytes }), NOTHING);
}
