import { signal } from "@preact/signals";
import { BatchApi, ProblemError } from "../../client/index.ts";
import { type BatchResource, isBatchOver } from "../../protocol/index.ts";
import {
  forgetBatch,
  hasContents,
  isGone,
  keepBatch,
  keptBatches,
} from "../persistence/batches.ts";
import type { KeptBatch } from "../persistence/database.ts";
import { keptHandles } from "../persistence/handles.ts";
import { isElsewhere, whenFree } from "../persistence/tab-locks.ts";

/** How long an offer waits for the server to say how far the batch has come. */
const PATIENCE_MS = 1500;

/** An unfinished batch that this browser can go on with. */
export interface Offer {
  batch: KeptBatch;
  /** Undefined while the server does not say. */
  status: BatchResource | undefined;
  /** Does another tab have it? */
  isElsewhere: boolean;
  /** What leads to its files. */
  handles: readonly FileSystemHandle[];
  /** Is anything of its files kept? */
  hasContents: boolean;
}

/** The unfinished batches of this browser. */
export class Offers {
  readonly all = signal<readonly Offer[]>([]);
  /** Ends what the last look is still waiting for. */
  #looking = new AbortController();

  /** Looks what there is to go on with. Throws where the browser keeps nothing. */
  async look(): Promise<void> {
    this.#looking.abort();
    const { signal: ending } = (this.#looking = new AbortController());
    const unfinished = (await keptBatches()).filter(({ isOver }) => !isOver);
    const looks = unfinished.map((batch) => this.#offer(batch, ending));
    const offers = (await Promise.all(looks)).filter((offer) => offer !== null);
    if (!ending.aborted) this.all.value = offers;
  }

  /** Offers nothing more until the next look. */
  clear(): void {
    this.#looking.abort();
    this.all.value = [];
  }

  /** Calls off what is not stored. Throws ProblemError where the server cannot be told. */
  async callOff({ batch }: Offer): Promise<void> {
    try {
      await apiOf(batch, new AbortController().signal).cancel();
      await keepBatch({ ...batch, isOver: true });
    } catch (error) {
      if (!(await isForgotten(batch, error))) throw error;
    }
    this.#withdraw(batch.id);
  }

  /** Null where there is nothing to go on with. */
  async #offer(batch: KeptBatch, ending: AbortSignal): Promise<Offer | null> {
    const asked = statusOf(batch, ending);
    const patience = new Promise<undefined>((resolve) => void setTimeout(resolve, PATIENCE_MS));
    const status = await Promise.race([asked, patience]);
    if (status === null) return null;
    if (status === undefined) asked.then((late) => this.#learn(batch.id, late), ignore);
    const busy = await isElsewhere(batch.id);
    if (busy) whenFree(batch.id, ending).then(() => this.look(), ignore);
    const [handles, has] = await Promise.all([keptHandles(batch.id), hasContents(batch.id)]);
    return { batch, status, isElsewhere: busy, handles, hasContents: has };
  }

  #learn(id: string, status: Offer["status"] | null): void {
    if (status === null) return this.#withdraw(id);
    this.all.value = this.all.value.map((offer) =>
      offer.batch.id === id ? { ...offer, status } : offer,
    );
  }

  #withdraw(id: string): void {
    this.all.value = this.all.value.filter((offer) => offer.batch.id !== id);
  }
}

/** How far the batch has come; null where it is over or gone, undefined where nobody can tell. */
async function statusOf(batch: KeptBatch, ending: AbortSignal): Promise<Offer["status"] | null> {
  try {
    const status = await apiOf(batch, ending).batch();
    if (!isBatchOver(status.state)) return status;
    await keepBatch({ ...batch, isOver: true });
    return null;
  } catch (error) {
    return (await isForgotten(batch, error)) ? null : undefined;
  }
}

/** Forgets the batch where the server says that it is gone. */
async function isForgotten(batch: KeptBatch, error: unknown): Promise<boolean> {
  if (!(error instanceof ProblemError && isGone(error.code))) return false;
  await forgetBatch(batch.id);
  return true;
}

function apiOf({ id, tokens }: KeptBatch, ending: AbortSignal): BatchApi {
  return new BatchApi(location.origin, id, tokens.write, ending);
}

/** It is asked again at the next look. */
function ignore(): void {}
