import { isBatchOver, SECOND_MS } from "../../protocol/index.ts";
import { revocableScope, type TokenAccess } from "./access.ts";
import type { OpenBatch, Transactions } from "./transaction.ts";
import type { Watchers } from "./watchers.ts";

/**
 * Silence after which no uploader counts as connected. Clients reconnect within ten seconds after a
 * restart, and need some more to connect.
 */
export const GRACE_MS = 20 * SECOND_MS;

/**
 * Finds out when the last uploader of a batch has left, so that its watchers know why nothing arrives.
 * An uploader is connected while a socket is open that a live or write token has opened. Programs may have
 * none: their uploads, and other changes that they make, count for some seconds.
 *
 * The time is stored once that uploader has been away for these seconds, so a short interruption costs no
 * row and no frame. A one-shot timer waits for them, and only while there are watchers to tell: no alarm,
 * which would cost a row each, and nothing that keeps the object from hibernating.
 */
export class UploaderPresence {
  readonly #transactions: Transactions;
  readonly #watchers: Watchers;
  /** Time at which an uploader was last seen connected; 0 if none was since the object started. */
  #seenAt = 0;
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(transactions: Transactions, watchers: Watchers) {
    this.#transactions = transactions;
    this.#watchers = watchers;
  }

  /** A token has opened a socket. Call it in the transaction that admits it. */
  onOpen(batch: OpenBatch, access: TokenAccess | undefined): void {
    if (!isUploader(access)) return;
    this.#stop();
    this.#return(batch);
  }

  /** A token has asked for the batch's status, without a socket that would get a frame later. */
  onPoll(batch: OpenBatch, access: TokenAccess | undefined): void {
    if (!isUploader(access)) return this.#settle(batch);
    this.#return(batch);
    this.onChange(batch);
  }

  /** Starts to wait after a change or a new watcher, unless an uploader is connected. */
  onChange(batch: OpenBatch): void {
    if (this.#timer !== null || this.#watchers.isEmpty || !this.#isAway(batch)) return;
    this.#timer = setTimeout(() => this.#onTimer(), GRACE_MS);
  }

  /** A socket was closed. @param wasUploader true if an uploader's token had opened it */
  onClose(wasUploader: boolean): void {
    if (!wasUploader || this.#watchers.hasUploader) return;
    this.#seenAt = Date.now();
    this.#timer ??= setTimeout(() => this.#onTimer(), GRACE_MS);
  }

  #onTimer(): void {
    this.#timer = null;
    this.#transactions.runInternal((batch) => this.#settle(batch));
    const { batch } = this.#transactions;
    if (batch) this.onChange(batch);
  }

  #return(batch: OpenBatch): void {
    this.#seenAt = Date.now();
    batch.tally.setUploaderGone(undefined);
    commitQuietly(batch);
  }

  /** Stores the time at which the last uploader left, if that was long enough ago. */
  #settle(batch: OpenBatch): void {
    const seenAt = Math.max(this.#seenAt, batch.tally.batch.updatedAt);
    const isGone = this.#isAway(batch) && seenAt + GRACE_MS <= Date.now();
    if (!isGone) return;
    batch.tally.setUploaderGone(seenAt);
    commitQuietly(batch);
  }

  /** True if no uploader is connected, and that is not stored. */
  #isAway({ tally }: OpenBatch): boolean {
    const isKnown = tally.batch.uploaderGone !== undefined || isBatchOver(tally.state);
    return !isKnown && !tally.isUploading && !this.#watchers.hasUploader;
  }

  #stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}

function isUploader(access: TokenAccess | undefined): boolean {
  return access !== undefined && revocableScope(access.scope) === "write";
}

/** A change of who is connected is no activity, which would put off the expiry of the batch. */
function commitQuietly({ tally, commit }: OpenBatch): void {
  commit(tally.batch.updatedAt);
}
