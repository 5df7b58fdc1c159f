import {
  type Account,
  accountOn,
  findBatch,
  exceededQuota,
  exceeds,
  newAccount,
  openBatches,
  type OwnedBatch,
  withBatch,
  withFiles,
  withBatchEvent,
} from "./account.ts";
import { RECENT_BATCHES } from "../../protocol/index.ts";
import { IttyDurable } from "./itty.ts";
import type { AddedFiles, BatchEvent, NewOwnedBatch, Quota, QuotaDecision } from "./messages.ts";

/** Open batches that a refusal names: enough to find those that are open here only. */
const NAMED_BATCHES = 10;

const ALLOWED: QuotaDecision = { exceeded: null, open: [] };

/**
 * The Durable Object of one owner: their recent batches, and what they have taken of their quota. It
 * is called when a batch is made, when more files are declared in it and when it ends, and never for
 * a file's bytes.
 *
 * Every method may be called again with the same arguments and then changes nothing: of a call that
 * was lost nobody knows whether it had arrived.
 */
export class Owner extends IttyDurable {
  /** All that there is to keep. */
  account: Account = newAccount();

  /** Takes in a batch that is about to be made, unless a quota is used up. */
  reserveBatch(batch: NewOwnedBatch, quota: Quota): QuotaDecision {
    const account = this.#today();
    if (findBatch(account, batch.id)) return ALLOWED;
    const open = openBatches(account);
    if (exceeds(open.length + 1, quota.openBatches)) {
      const oldest = open.slice(-NAMED_BATCHES).map(({ id }) => id);
      return { exceeded: "openBatches", open: oldest };
    }
    const exceeded = exceededQuota(account, batch, quota);
    if (exceeded === null) this.#save(withBatch(account, batch));
    return { exceeded, open: [] };
  }

  /** Takes in files that are about to be declared, unless a quota is used up. */
  reserveFiles(files: AddedFiles, quota: Quota): QuotaDecision {
    const account = this.#today();
    if (findBatch(account, files.batch)?.lastCall === files.call) return ALLOWED;
    const exceeded = exceededQuota(account, files, quota);
    if (exceeded === null) this.#save(withFiles(account, files));
    return { exceeded, open: [] };
  }

  /** Takes in what a batch tells. */
  onBatchEvent(event: BatchEvent): true {
    this.#save(withBatchEvent(this.#today(), event));
    return true;
  }

  /** The most recent batches, the latest first. */
  recent(): readonly OwnedBatch[] {
    return this.account.batches.slice(0, RECENT_BATCHES);
  }

  #today(): Account {
    return accountOn(this.account, Date.now());
  }

  /** Nobody waits for it: the platform holds the answer back until it is durable. */
  #save(account: Account): void {
    this.account = account;
    void this.persist();
  }
}
