import { signal } from "@preact/signals";
import { BatchApi, ProblemError } from "../../client/index.ts";
import { type BatchResource, isBatchOver } from "../../protocol/index.ts";
import {
  forgetBatch,
  hasSavedFiles,
  isGone,
  loadBatches,
  saveBatch,
} from "../persistence/batches.ts";
import type { SavedBatch } from "../persistence/database.ts";
import { loadHandles } from "../persistence/handles.ts";
import { isOpenInOtherTab, whenFree } from "../persistence/tab-locks.ts";

/** Longest wait for a batch's status. After that, the offer is shown without it. */
const STATUS_TIMEOUT_MS = 1500;

/** An unfinished batch that can be resumed from this browser. */
export interface ResumeOffer {
  batch: SavedBatch;
  /** Undefined until the server responds. */
  status: BatchResource | undefined;
  isOpenInOtherTab: boolean;
  /** Handles to the batch's files. */
  handles: readonly FileSystemHandle[];
  /** True if contents of its files are saved. */
  hasSavedFiles: boolean;
}

/** The unfinished batches of this browser. */
export class ResumeOffers {
  readonly all = signal<readonly ResumeOffer[]>([]);
  /** Aborts pending requests of the last refresh. */
  #refreshing = new AbortController();

  /** Loads the unfinished batches. Rejects if the browser has no storage. */
  async refresh(): Promise<void> {
    this.#refreshing.abort();
    const { signal: aborted } = (this.#refreshing = new AbortController());
    const unfinished = (await loadBatches()).filter(({ isOver }) => !isOver);
    const created = await Promise.all(unfinished.map((batch) => this.#createOffer(batch, aborted)));
    const offers = created.filter((offer) => offer !== null);
    if (!aborted.aborted) this.all.value = offers;
  }

  /** Removes all offers until the next refresh. */
  clear(): void {
    this.#refreshing.abort();
    this.all.value = [];
  }

  /** Cancels a batch. Throws ProblemError if the request fails. */
  async cancel({ batch }: ResumeOffer): Promise<void> {
    try {
      await saveEnd(batch, await apiOf(batch, new AbortController().signal).cancel());
    } catch (error) {
      if (!(await deleteIfGone(batch, error))) throw error;
    }
    this.#remove(batch.id);
  }

  /** Returns null if there is nothing to resume. */
  async #createOffer(batch: SavedBatch, aborted: AbortSignal): Promise<ResumeOffer | null> {
    const request = statusOf(batch, aborted);
    const timeout = new Promise<undefined>(
      (resolve) => void setTimeout(resolve, STATUS_TIMEOUT_MS),
    );
    const status = await Promise.race([request, timeout]);
    if (status === null) return null;
    if (status === undefined) request.then((late) => this.#setStatus(batch.id, late), ignore);
    const isInOtherTab = await isOpenInOtherTab(batch.id);
    if (isInOtherTab) whenFree(batch.id, aborted).then(() => this.refresh(), ignore);
    const [handles, hasContents] = await Promise.all([
      loadHandles(batch.id),
      hasSavedFiles(batch.id),
    ]);
    return { batch, status, isOpenInOtherTab: isInOtherTab, handles, hasSavedFiles: hasContents };
  }

  #setStatus(id: string, status: ResumeOffer["status"] | null): void {
    if (status === null) return this.#remove(id);
    this.all.value = this.all.value.map((offer) =>
      offer.batch.id === id ? { ...offer, status } : offer,
    );
  }

  #remove(id: string): void {
    this.all.value = this.all.value.filter((offer) => offer.batch.id !== id);
  }
}

/** Returns the batch's status; null if it is over or gone, undefined if the request failed. */
async function statusOf(
  batch: SavedBatch,
  aborted: AbortSignal,
): Promise<ResumeOffer["status"] | null> {
  try {
    const status = await apiOf(batch, aborted).batch();
    if (!isBatchOver(status.state)) return status;
    await saveEnd(batch, status);
    return null;
  } catch (error) {
    return (await deleteIfGone(batch, error)) ? null : undefined;
  }
}

function saveEnd(batch: SavedBatch, { keepUntil = null }: BatchResource): Promise<void> {
  return saveBatch({ ...batch, isOver: true, keepUntil });
}

/** Deletes the saved batch if the error says that it is gone. @returns true if it was deleted */
async function deleteIfGone(batch: SavedBatch, error: unknown): Promise<boolean> {
  if (!(error instanceof ProblemError && isGone(error.code))) return false;
  await forgetBatch(batch.id, error.code);
  return true;
}

function apiOf({ id, tokens }: SavedBatch, aborted: AbortSignal): BatchApi {
  return new BatchApi(location.origin, id, tokens.write, aborted);
}

/** The next refresh tries again. */
function ignore(): void {}
