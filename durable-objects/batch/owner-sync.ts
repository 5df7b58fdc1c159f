import { type BatchNews, OwnerClient } from "../owner/index.ts";
import type { Report } from "./file.ts";
import type { BatchCharter, Store } from "./store.ts";
import type { Tally } from "./tally.ts";

interface OwnedBatch {
  charter: BatchCharter;
  tally: Tally;
}

/** What the owner knows of a batch when it is made. */
export const BORN = "active";

/**
 * Tells the batch's owner what has become of it: that it was paused, has ended or is gone. An upload
 * never waits for that: the alarm does it, and does it again until the owner has heard.
 */
export class OwnerReport {
  readonly #env: Env;
  readonly #store: Store;
  /** The last that was noticed, told or not. */
  #noticed: string | null = null;

  constructor(env: Env, store: Store) {
    this.#env = env;
    this.#store = store;
  }

  /** Has something come up, since this was asked last, that the owner is to be told? */
  isNews({ charter, tally }: OwnedBatch): boolean {
    const headline = headlineOf(tally);
    if (charter.owner === undefined || headline === this.#noticed) return false;
    this.#noticed = headline;
    return headline !== this.#store.told();
  }

  /** Tells what has not been told. Of files there is nothing to report. */
  async tell({ charter, tally }: OwnedBatch): Promise<Report[]> {
    const headline = headlineOf(tally);
    if (charter.owner === undefined || headline === this.#store.told()) return [];
    await new OwnerClient(this.#env, charter.owner).hear(newsOf(charter.id, tally));
    this.#store.saveTold(headline);
    return [];
  }
}

/** What is worth telling; of a batch that has ended twice, the second end too. */
function headlineOf({ batch, state, totals }: Tally): string {
  if (batch.removal) return "removed";
  const isOpen = state === "active" || state === "paused";
  return isOpen ? state : `${state} ${totals.completed}`;
}

export function newsOf(id: string, { batch, state, totals, completedBytes }: Tally): BatchNews {
  return {
    id,
    createdAt: batch.createdAt,
    rev: batch.rev,
    state: batch.removal ? "removed" : state,
    files: totals.files,
    completed: { files: totals.completed, bytes: completedBytes },
  };
}
