import {
  type Account,
  accountOn,
  batchOf,
  excessOf,
  isBeyond,
  newAccount,
  openBatches,
  type OwnedBatch,
  withBatch,
  withFiles,
  withNews,
} from "./account.ts";
import { RECENT_BATCHES } from "../../protocol/index.ts";
import { IttyDurable } from "./itty.ts";
import type { AddedFiles, BatchNews, NewOwnedBatch, Verdict } from "./messages.ts";
import type { Quota } from "./quota.ts";

/** Open batches that a refusal names: enough to find those that are open here only. */
const NAMED_BATCHES = 10;

const ALLOWED: Verdict = { excess: null, open: [] };

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
  open(batch: NewOwnedBatch, quota: Quota): Verdict {
    const account = this.#today();
    if (batchOf(account, batch.id)) return ALLOWED;
    const open = openBatches(account);
    if (isBeyond(open.length + 1, quota.openBatches)) {
      const oldest = open.slice(-NAMED_BATCHES).map(({ id }) => id);
      return { excess: "openBatches", open: oldest };
    }
    const excess = excessOf(account, batch, quota);
    if (excess === null) this.#keep(withBatch(account, batch));
    return { excess, open: [] };
  }

  /** Takes in files that are about to be declared, unless a quota is used up. */
  add(files: AddedFiles, quota: Quota): Verdict {
    const account = this.#today();
    if (batchOf(account, files.batch)?.call === files.call) return ALLOWED;
    const excess = excessOf(account, files, quota);
    if (excess === null) this.#keep(withFiles(account, files));
    return { excess, open: [] };
  }

  /** Takes in what a batch tells. */
  hear(news: BatchNews): true {
    this.#keep(withNews(this.#today(), news));
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
  #keep(account: Account): void {
    this.account = account;
    void this.persist();
  }
}
