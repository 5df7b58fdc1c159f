import { isBatchOver } from "../../protocol/index.ts";
import { OwnerClient } from "../owner/client.ts";
import type { BatchEvent } from "../owner/messages.ts";
import { encodedName } from "../owner/names.ts";
import { usedAmount } from "./limits.ts";
import type { BatchConfig } from "./store.ts";
import type { Tally } from "./tally.ts";
import type { OpenBatch } from "./transaction.ts";

/** Calls in one event. It travels in a header. */
const MAX_CALLS = 50;

/** The state of a batch whose owner has reserved quota for it, until the first event confirms that. */
const RESERVED = "reserved";

/**
 * Notifies the batch's owner of its name, and of its state: active with a number of files, paused, ended or
 * removed. Uploads never wait for it.
 * The cleanup sends the notification, and repeats it until the owner's object has received it.
 */
export class OwnerSync {
  readonly #env: Env;
  /** The last state that `hasUpdate` reported, so that it reports each one once. */
  #reported: string | null = null;
  /**
   * Declaring calls that the owner does not know to be stored. A restart loses them: the owner then
   * counts them twice, until their reservations are released.
   */
  #calls: string[] = [];

  constructor(env: Env) {
    this.#env = env;
  }

  /** True if the owner must be notified of a state that was not reported before. */
  hasUpdate(batch: OpenBatch): boolean {
    const { config, tally, store } = batch;
    const state = withoutFiles(tally, ownerState(config, tally));
    if (state === this.#reported || isUnlisted(batch)) return false;
    this.#reported = state;
    return state !== withoutFiles(tally, store.ownerState());
  }

  /** Notes that the owner has reserved quota. @param call the declaring call; undefined for the creation */
  expectConfirmation(
    { config, store }: Pick<OpenBatch, "config" | "store">,
    call: string | undefined,
  ): void {
    if (call !== undefined) this.#calls.push(call);
    if (store.ownerState() === null) store.saveOwnerState(stateWith(config, RESERVED, 0));
  }

  /** Notifies the owner, unless the owner knows the state. */
  async sync(batch: OpenBatch): Promise<void> {
    const { config, tally, store } = batch;
    const state = ownerState(config, tally);
    if (config.owner === undefined || state === store.ownerState() || isUnlisted(batch)) return;
    const calls = this.#calls.slice(-MAX_CALLS);
    const event = { ...batchEvent(config, tally), calls };
    await new OwnerClient(this.#env, config.owner).onBatchEvent(event);
    this.#calls = this.#calls.filter((call) => !calls.includes(call));
    store.saveOwnerState(state);
  }
}

/** True for a batch without an owner, and one whose owner is not told of it until it has files. */
function isUnlisted({ config, tally, store }: OpenBatch): boolean {
  return config.owner === undefined || (tally.files.length === 0 && store.ownerState() === null);
}

/** Returns the state to notify the owner of. It differs between two ends of the same batch. */
function ownerState(config: BatchConfig, { batch, state, totals }: Tally): string {
  if (batch.deletedAt !== undefined) return "removed";
  return stateWith(config, state, isBatchOver(state) ? totals.completed : totals.files);
}

/** Returns a state with its number of files and the batch's name, separated by spaces. */
function stateWith({ metadata }: BatchConfig, state: string, files: number): string {
  const name = encodedName(metadata);
  return `${state} ${files}${name === null ? "" : ` ${name}`}`;
}

/** Returns the state without the number of files, which is confirmed later than another state. */
function withoutFiles({ state }: Tally, full: string | null): string | null {
  if (isBatchOver(state) || full === null) return full;
  const [word, , ...name] = full.split(" ");
  return [word === RESERVED ? "active" : word, ...name].join(" ");
}

/** Returns the event that notifies the owner of the batch's state. */
export function batchEvent({ id, metadata, ownerEndsAt }: BatchConfig, tally: Tally): BatchEvent {
  const { batch, state, totals, completedBytes } = tally;
  const completed = { files: totals.completed, bytes: completedBytes };
  // A retry can't restart the failed files of a cancelled batch.
  const isFinal = batch.cancelled || batch.deletedAt !== undefined;
  return {
    id,
    createdAt: batch.createdAt,
    rev: batch.rev,
    state: batch.deletedAt === undefined ? state : "removed",
    ...(batch.completedRev !== undefined && state === "completed" && { end: batch.completedRev }),
    files: totals.files,
    name: encodedName(metadata),
    completed,
    counted: usedAmount(tally.files, isFinal),
    ...(ownerEndsAt !== undefined && { ownerEndsAt }),
  };
}
