import { OWNER_PAGE_BATCHES } from "../../protocol/index.ts";
import {
  type Account,
  batchesAfter,
  exceededQuota,
  findBatch,
  hasTooManyOpen,
  isOpen,
  newAccount,
  type OwnedBatch,
} from "./account.ts";
import { isBlank, isOver, nextCheck } from "./account-end.ts";
import { atMost, excess, isNothing, NOTHING, sum } from "./amount.ts";
import { withBatchEvent } from "./batch-event.ts";
import { OwnerBlock } from "./block.ts";
import { IttyDurable, writeState } from "./itty.ts";
import type {
  AddedFiles,
  Amount,
  BatchEvent,
  BatchPosition,
  NewOwnedBatch,
  OwnerLifetime,
  Quota,
  QuotaDecision,
  QuotaName,
  ReopenedBatch,
} from "./messages.ts";
import { BatchNames } from "./names.ts";
import {
  accountOn,
  isReserved,
  missingAmount,
  missingForBatch,
  reopenedAmount,
  withBatch,
  withFiles,
  withReopened,
} from "./reservations.ts";

/** A batch in the list of its owner. */
type NamedBatch = OwnedBatch & { name: string | null };

/**
 * The Durable Object of one owner: their open and latest batches, and the quota they have used. It is called
 * when a batch is created, when files are declared in it, when it ends and when it is opened again, but
 * never for file bytes. It is stored from the first batch that holds something, until it is over
 * (account-end.ts). Some objects have no batches, and only count what anonymous owners share
 * (shared-quota.ts).
 *
 * The operator can block an owner: see block.ts. The names of batches are stored apart: see names.ts.
 *
 * Every method is idempotent, because a caller can't know whether a call without a response arrived. An
 * amount of a shared quota may be taken twice then.
 */
export class Owner extends IttyDurable {
  /** The whole stored state, with the time of the alarm. */
  account: Account = newAccount();
  alarmAt: number | null = null;
  readonly #env: Env;
  readonly #block: OwnerBlock;
  readonly #names: BatchNames;

  constructor(state: DurableObjectState, env: Env) {
    super(state, env);
    this.#env = env;
    this.#block = new OwnerBlock(state.storage);
    this.#names = new BatchNames(state.storage);
  }

  /** Reserves quota for a new batch, unless that exceeds one. */
  reserveBatch(batch: NewOwnedBatch, quota: Quota): QuotaDecision {
    if (this.#block.isBlocked) return refused("blocked");
    const account = this.#today(batch);
    const isNew = !findBatch(account, batch.id);
    if (isNew && hasTooManyOpen(account, quota)) return refused("openBatches");
    const missing = missingForBatch(account, batch);
    const isEnough = !isNew && isNothing(missing);
    const exceeded = isEnough ? null : exceededQuota(account, missing, quota);
    if (exceeded !== null) return refused(exceeded);
    this.#save(withBatch(account, batch));
    if (isNew) this.#names.set(batch.id, batch.name);
    return { ...allowed(missing), ...(isNew && { isNew }) };
  }

  /** Reserves quota for more files, unless that exceeds one. */
  reserveFiles(files: AddedFiles, quota: Quota): QuotaDecision {
    if (this.#block.isBlocked) return refused("blocked");
    const account = this.#today(files);
    if (isReserved(account, files)) return allowed(NOTHING);
    const isNew = files.createdAt !== undefined && !findBatch(account, files.batch);
    if (isNew && hasTooManyOpen(account, quota)) return refused("openBatches");
    const missing = missingAmount(account, files);
    const exceeded = exceededQuota(account, missing, quota);
    if (exceeded !== null) return refused(exceeded);
    this.#save(withFiles(account, { ...files, ...missing }, Date.now()));
    // A declaring call may be late, and the events of a listed batch have its newest name.
    if (isNew) this.#names.set(files.batch, files.name);
    return allowed(missing);
  }

  /** Counts a completed batch as open, unless that exceeds a quota. */
  reopenBatch(batch: ReopenedBatch, quota: Quota): QuotaDecision {
    if (this.#block.isBlocked) return refused("blocked");
    const account = this.#today(batch);
    const known = findBatch(account, batch.id);
    if (known?.reopening?.rev === batch.rev) return allowed(NOTHING);
    if (!(known && isOpen(known)) && hasTooManyOpen(account, quota)) return refused("openBatches");
    const missing = reopenedAmount(account, batch);
    const exceeded = isNothing(missing) ? null : exceededQuota(account, missing, quota);
    if (exceeded !== null) return refused(exceeded);
    this.#save(withReopened(account, batch, Date.now()));
    return allowed(missing);
  }

  /** Takes as much of an amount as today's quota has left. @returns what it has taken */
  takeShare(wanted: Amount, { filesPerDay, bytesPerDay }: Quota): Amount {
    const account = this.#today();
    const quota = { files: filesPerDay ?? Infinity, bytes: bytesPerDay ?? Infinity };
    const taken = atMost(wanted, excess(quota, account.used));
    if (!isNothing(taken)) this.#save({ ...account, used: sum(account.used, taken) });
    return taken;
  }

  /** Returns an amount that was taken today. */
  returnShare(amount: Amount): true {
    const account = this.#today();
    this.#save({ ...account, used: excess(account.used, amount) });
    return true;
  }

  /** Applies an event of one of the owner's batches. */
  onBatchEvent(event: BatchEvent): true {
    const account = this.#today(event);
    const changed = withBatchEvent(account, event);
    this.#save(changed);
    const known = findBatch(account, event.id);
    const isListed = findBatch(changed, event.id) !== undefined;
    // A late event may have an earlier name.
    if (isListed && event.rev >= (known?.rev ?? 0)) this.#names.set(event.id, event.name);
    if (isListed && !known) this.#tellNew(event.id);
    return true;
  }

  /** True if the operator has blocked the owner. */
  isBlocked(): boolean {
    return this.#block.isBlocked;
  }

  /** Blocks or unblocks the owner. The alarm tells the batches. */
  setBlocked(isBlocked: boolean): true {
    this.#block.set(
      isBlocked,
      this.#today().batches.map(({ id }) => id),
    );
    this.#wakeAt(this.#block.tellAt);
    return true;
  }

  /** Returns a page of the batches, latest first. @param after the last batch of the previous page */
  recent(after: BatchPosition | null = null, limit = OWNER_PAGE_BATCHES): readonly NamedBatch[] {
    const page = batchesAfter(this.#today(), after, limit);
    return Array.from(page, (batch) => ({ ...batch, name: this.#names.of(batch.id) }));
  }

  /**
   * Releases reservations, tells batches that the owner is blocked or is not any more, and deletes
   * everything once nothing needs it.
   */
  async alarm(): Promise<void> {
    // itty-durable loads the state only in `fetch`.
    await this.loadFromStorage();
    this.alarmAt = null;
    await this.#tellBatches();
    const account = this.#today();
    if (!isOver(account, Date.now())) this.#save(account);
    else if (this.#block.isOver) return this.#end();
    else this.#write({ account: newAccount(), alarmAt: null });
    this.#wakeAt(this.#block.tellAt);
  }

  async #tellBatches(): Promise<void> {
    const { BATCH } = this.#env;
    await this.#block.tell(
      (id, block) => BATCH.getByName(id).setBlock(block),
      // Its creation may follow the reservation that the account has.
      (id) => findBatch(this.#today(), id)?.isUnconfirmed === true,
    );
  }

  /** Tells a batch that was not listed when its owner was blocked. */
  #tellNew(id: string): void {
    this.#block.add(id);
    this.#wakeAt(this.#block.tellAt);
  }

  /** Also empties the memory: calls may follow before the object is evicted. */
  async #end(): Promise<void> {
    this.account = newAccount();
    await this.state.storage.deleteAlarm();
    await this.state.storage.deleteAll();
  }

  /** Returns the account at this time. @param lifetime extends that of an anonymous owner */
  #today({ ownerEndsAt }: OwnerLifetime = {}): Account {
    const account = accountOn(this.account, Date.now());
    if (ownerEndsAt === undefined || ownerEndsAt <= (account.endsAt ?? 0)) return account;
    return { ...account, endsAt: ownerEndsAt };
  }

  /** The platform holds the response back until the write is durable. */
  #save(account: Account): void {
    if (isBlank(account) && isBlank(this.account)) return;
    this.#write({ account });
    this.#wakeAt(nextCheck(account, Date.now()));
  }

  #write(changes: Pick<Owner, "account"> & Partial<Pick<Owner, "alarmAt">>): void {
    const before = this.account;
    writeState<Owner>(this, changes);
    this.#names.deleteUnlisted(before, changes.account);
  }

  /** Sets the alarm, unless it is set for an earlier time. Infinity sets none. */
  #wakeAt(alarmAt: number): void {
    if (alarmAt >= (this.alarmAt ?? Infinity)) return;
    writeState<Owner>(this, { alarmAt });
    void this.state.storage.setAlarm(alarmAt);
  }
}

function allowed({ files, bytes }: Amount): QuotaDecision {
  return { exceeded: null, open: [], reserved: { files, bytes } };
}

function refused(exceeded: QuotaName | "blocked"): QuotaDecision {
  return { exceeded, open: [] };
}
