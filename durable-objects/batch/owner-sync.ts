import { type BatchEvent, OwnerClient } from "../owner/index.ts";
import type { FileEvent } from "./file.ts";
import type { BatchConfig, Store } from "./store.ts";
import type { Tally } from "./tally.ts";

interface OwnedBatch {
  config: BatchConfig;
  tally: Tally;
}

/** What the owner knows of a batch when it is made. */
export const INITIAL_OWNER_STATE = "active";

/**
 * Tells the batch's owner what has become of it: that it was paused, has ended or is gone. An upload
 * never waits for that: the alarm does it, and does it again until the owner has heard.
 */
export class OwnerSync {
  readonly #env: Env;
  readonly #store: Store;
  /** The last that was noticed, told or not. */
  #lastSeen: string | null = null;

  constructor(env: Env, store: Store) {
    this.#env = env;
    this.#store = store;
  }

  /** Has something come up, since this was asked last, that the owner is to be told? */
  hasUpdate({ config, tally }: OwnedBatch): boolean {
    const state = ownerStateOf(tally);
    if (config.owner === undefined || state === this.#lastSeen) return false;
    this.#lastSeen = state;
    return state !== this.#store.ownerState();
  }

  /** Tells what has not been told. Of files there is nothing to report. */
  async sync({ config, tally }: OwnedBatch): Promise<FileEvent[]> {
    const state = ownerStateOf(tally);
    if (config.owner === undefined || state === this.#store.ownerState()) return [];
    await new OwnerClient(this.#env, config.owner).onBatchEvent(batchEvent(config.id, tally));
    this.#store.saveOwnerState(state);
    return [];
  }
}

/** What is worth telling; of a batch that has ended twice, the second end too. */
function ownerStateOf({ batch, state, totals }: Tally): string {
  if (batch.removal) return "removed";
  const isOpen = state === "active" || state === "paused";
  return isOpen ? state : `${state} ${totals.completed}`;
}

export function batchEvent(
  id: string,
  { batch, state, totals, completedBytes }: Tally,
): BatchEvent {
  return {
    id,
    createdAt: batch.createdAt,
    rev: batch.rev,
    state: batch.removal ? "removed" : state,
    files: totals.files,
    completed: { files: totals.completed, bytes: completedBytes },
  };
}
