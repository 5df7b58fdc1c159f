import { signal } from "@preact/signals";
import { BatchApi, ProblemError } from "../../client/index.ts";
import { type BatchResource, isBatchOver } from "../../protocol/index.ts";
import {
  deleteBatch,
  hasSavedFiles,
  isGone,
  saveBatch,
  loadBatches,
} from "../persistence/batches.ts";
import type { SavedBatch } from "../persistence/database.ts";
import { loadHandles } from "../persistence/handles.ts";
import { isOpenInOtherTab, whenFree } from "../persistence/tab-locks.ts";

/** How long an offer waits for the server to say how far the batch has come. */
const STATUS_TIMEOUT_MS = 1500;

/** An unfinished batch that this browser can go on with. */
export interface ResumeOffer {
  batch: SavedBatch;
  /** Undefined while the server does not say. */
  status: BatchResource | undefined;
  /** Does another tab have it? */
  isOpenInOtherTab: boolean;
  /** What leads to its files. */
  handles: readonly FileSystemHandle[];
  /** Is anything of its files kept? */
  hasSavedFiles: boolean;
}

/** The unfinished batches of this browser. */
export class ResumeOffers {
  readonly all = signal<readonly ResumeOffer[]>([]);
  /** Ends what the last look is still waiting for. */
  #refreshing = new AbortController();

  /** Looks what there is to go on with. Throws where the browser keeps nothing. */
  async refresh(): Promise<void> {
    this.#refreshing.abort();
    const { signal: ending } = (this.#refreshing = new AbortController());
    const unfinished = (await loadBatches()).filter(({ isOver }) => !isOver);
    const looks = unfinished.map((batch) => this.#createOffer(batch, ending));
    const offers = (await Promise.all(looks)).filter((offer) => offer !== null);
    if (!ending.aborted) this.all.value = offers;
  }

  /** Offers nothing more until the next look. */
  clear(): void {
    this.#refreshing.abort();
    this.all.value = [];
  }

  /** Calls off what is not stored. Throws ProblemError where the server cannot be told. */
  async cancel({ batch }: ResumeOffer): Promise<void> {
    try {
      await apiOf(batch, new AbortController().signal).cancel();
      await saveBatch({ ...batch, isOver: true });
    } catch (error) {
      if (!(await forgetIfGone(batch, error))) throw error;
    }
    this.#remove(batch.id);
  }

  /** Null where there is nothing to go on with. */
  async #createOffer(batch: SavedBatch, ending: AbortSignal): Promise<ResumeOffer | null> {
    const asked = statusOf(batch, ending);
    const patience = new Promise<undefined>(
      (resolve) => void setTimeout(resolve, STATUS_TIMEOUT_MS),
    );
    const status = await Promise.race([asked, patience]);
    if (status === null) return null;
    if (status === undefined) asked.then((late) => this.#updateStatus(batch.id, late), ignore);
    const busy = await isOpenInOtherTab(batch.id);
    if (busy) whenFree(batch.id, ending).then(() => this.refresh(), ignore);
    const [handles, has] = await Promise.all([loadHandles(batch.id), hasSavedFiles(batch.id)]);
    return { batch, status, isOpenInOtherTab: busy, handles, hasSavedFiles: has };
  }

  #updateStatus(id: string, status: ResumeOffer["status"] | null): void {
    if (status === null) return this.#remove(id);
    this.all.value = this.all.value.map((offer) =>
      offer.batch.id === id ? { ...offer, status } : offer,
    );
  }

  #remove(id: string): void {
    this.all.value = this.all.value.filter((offer) => offer.batch.id !== id);
  }
}

/** How far the batch has come; null where it is over or gone, undefined where nobody can tell. */
async function statusOf(
  batch: SavedBatch,
  ending: AbortSignal,
): Promise<ResumeOffer["status"] | null> {
  try {
    const status = await apiOf(batch, ending).batch();
    if (!isBatchOver(status.state)) return status;
    await saveBatch({ ...batch, isOver: true });
    return null;
  } catch (error) {
    return (await forgetIfGone(batch, error)) ? null : undefined;
  }
}

/** Forgets the batch where the server says that it is gone. */
async function forgetIfGone(batch: SavedBatch, error: unknown): Promise<boolean> {
  if (!(error instanceof ProblemError && isGone(error.code))) return false;
  await deleteBatch(batch.id);
  return true;
}

function apiOf({ id, tokens }: SavedBatch, ending: AbortSignal): BatchApi {
  return new BatchApi(location.origin, id, tokens.write, ending);
}

/** It is asked again at the next look. */
function ignore(): void {}
