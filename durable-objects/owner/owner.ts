import { OWNER_PAGE_BATCHES } from "../../protocol/index.ts";
import {
  type Account,
  accountOn,
  batchesAfter,
  exceededQuota,
  findBatch,
  hasTooManyOpen,
  missingAmount,
  newAccount,
  openBatches,
  type OwnedBatch,
  withBatch,
  withBatchEvent,
  withFiles,
} from "./account.ts";
import { IttyDurable } from "./itty.ts";
import type {
  AddedFiles,
  BatchEvent,
  BatchPosition,
  NewOwnedBatch,
  Quota,
  QuotaDecision,
} from "./messages.ts";

/** Open batches in a refusal: enough to find those that exist only in the account. */
const LISTED_OPEN_BATCHES = 10;

const ALLOWED: QuotaDecision = { exceeded: null, open: [] };

/**
 * The Durable Object of one owner: their open and latest batches, and the quota they have used. It is called
 * when a batch is created, when files are declared in it and when it ends, but never for file bytes.
 *
 * Every method is idempotent, because a caller can't know whether a call without a response arrived.
 */
export class Owner extends IttyDurable {
  /** The whole stored state. */
  account: Account = newAccount();

  /** Reserves quota for a new batch, unless that exceeds one. */
  reserveBatch(batch: NewOwnedBatch, quota: Quota): QuotaDecision {
    const account = this.#today();
    if (findBatch(account, batch.id)) return ALLOWED;
    if (hasTooManyOpen(account, quota)) {
      const oldest = openBatches(account).slice(-LISTED_OPEN_BATCHES);
      return { exceeded: "openBatches", open: oldest.map(({ id }) => id) };
    }
    const exceeded = exceededQuota(account, batch, quota);
    if (exceeded === null) this.#save(withBatch(account, batch));
    return { exceeded, open: [] };
  }

  /** Reserves quota for more files, unless that exceeds one. */
  reserveFiles(files: AddedFiles, quota: Quota): QuotaDecision {
    const account = this.#today();
    const missing = missingAmount(account, files);
    const isRepeated = findBatch(account, files.batch)?.pending?.[files.call] !== undefined;
    if (isRepeated && missing.files === 0 && missing.bytes === 0) return ALLOWED;
    const exceeded = exceededQuota(account, missing, quota);
    if (exceeded === null) this.#save(withFiles(account, { ...files, ...missing }, Date.now()));
    return { exceeded, open: [] };
  }

  /** Applies an event of one of the owner's batches. */
  onBatchEvent(event: BatchEvent): true {
    this.#save(withBatchEvent(this.#today(), event));
    return true;
  }

  /** Returns a page of the batches, latest first. @param after the last batch of the previous page */
  recent(after: BatchPosition | null = null, limit = OWNER_PAGE_BATCHES): readonly OwnedBatch[] {
    return batchesAfter(this.account, after, limit);
  }

  #today(): Account {
    return accountOn(this.account, Date.now());
  }

  /** Needs no `await`: the platform holds the response back until the write is durable. */
  #save(account: Account): void {
    this.account = account;
    void this.persist();
  }
}
