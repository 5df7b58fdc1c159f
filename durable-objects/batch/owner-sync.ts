import { isBatchOver } from "../../protocol/index.ts";
import { OwnerClient } from "../owner/client.ts";
import type { BatchEvent } from "../owner/messages.ts";
import { countedAmount } from "./limits.ts";
import type { Tally } from "./tally.ts";
import type { OpenBatch } from "./transaction.ts";

/** The state that the owner's object records when it reserves quota for a batch. */
export const INITIAL_OWNER_STATE = "active";

/**
 * Notifies the batch's owner of its state: active, paused, ended or removed. Uploads never wait for it.
 * The cleanup sends the notification, and repeats it until the owner's object has received it.
 */
export class OwnerSync {
  readonly #env: Env;
  /** The last state that `hasUpdate` reported, so that it reports each one once. */
  #reported: string | null = null;

  constructor(env: Env) {
    this.#env = env;
  }

  /** True if the owner must be notified of a state that was not reported before. */
  hasUpdate({ config, tally, store }: OpenBatch): boolean {
    const state = ownerState(tally);
    if (config.owner === undefined || state === this.#reported) return false;
    this.#reported = state;
    return state !== store.ownerState();
  }

  /** Notifies the owner, unless the owner knows the state. */
  async sync({ config, tally, store }: OpenBatch): Promise<void> {
    const state = ownerState(tally);
    if (config.owner === undefined || state === store.ownerState()) return;
    await new OwnerClient(this.#env, config.owner).onBatchEvent(batchEvent(config.id, tally));
    store.saveOwnerState(state);
  }
}

/** Returns the state to notify the owner of. It differs between two ends of the same batch. */
function ownerState({ batch, state, totals }: Tally): string {
  if (batch.deletedAt !== undefined) return "removed";
  return isBatchOver(state) ? `${state} ${totals.completed}` : state;
}

/** Returns the event that notifies the owner of the batch's state. */
export function batchEvent(id: string, tally: Tally): BatchEvent {
  const { batch, state, totals, completedBytes } = tally;
  const completed = { files: totals.completed, bytes: completedBytes };
  // A retry can't restart the failed files of a cancelled batch.
  const isFinal = batch.cancelled || batch.deletedAt !== undefined;
  return {
    id,
    createdAt: batch.createdAt,
    rev: batch.rev,
    state: batch.deletedAt === undefined ? state : "removed",
    files: totals.files,
    completed,
    counted: isFinal ? completed : countedAmount(tally.files),
  };
}
