import * as v from "valibot";
import { BATCH_STATES } from "../../protocol/index.ts";
import { inJurisdiction } from "../jurisdiction.ts";
import { settings } from "../settings.ts";
import { callDurable, MissingMethod } from "./itty.ts";
import type {
  AddedFiles,
  Amount,
  BatchEvent,
  BatchPosition,
  NewOwnedBatch,
  Quota,
  QuotaDecision,
  ReopenedBatch,
} from "./messages.ts";

const AmountSchema = v.object({ files: v.number(), bytes: v.number() });

const QuotaDecisionSchema = v.object({
  exceeded: v.nullable(v.picklist(["openBatches", "files", "bytes", "blocked"])),
  open: v.array(v.string()),
  reserved: v.optional(AmountSchema),
  isNew: v.optional(v.boolean()),
});

const RecentSchema = v.array(
  v.object({
    id: v.string(),
    createdAt: v.number(),
    state: v.picklist(BATCH_STATES),
    files: v.number(),
    // Absent in responses of an earlier version.
    name: v.optional(v.nullable(v.string()), null),
  }),
);

/** A batch in its owner's list; `createdAt` is in ms since 1970. */
export type RecentBatch = v.InferOutput<typeof RecentSchema>[number];

/** The client of one owner's Durable Object. A failed call throws. */
export class OwnerClient {
  readonly #env: Env;
  readonly #key: string;

  /** @param key as the Worker's `ownerKey` returns it */
  constructor(env: Env, key: string) {
    this.#env = env;
    this.#key = key;
  }

  async reserveBatch(batch: NewOwnedBatch): Promise<QuotaDecision> {
    return v.parse(QuotaDecisionSchema, await this.#call("reserveBatch", batch, this.#quota()));
  }

  async reserveFiles(files: AddedFiles): Promise<QuotaDecision> {
    return v.parse(QuotaDecisionSchema, await this.#call("reserveFiles", files, this.#quota()));
  }

  async reopenBatch(batch: ReopenedBatch): Promise<QuotaDecision> {
    const decision = await unlessMissing(
      this.#call("reopenBatch", batch, this.#quota()),
      () => ALLOWED,
    );
    return v.parse(QuotaDecisionSchema, decision);
  }

  async onBatchEvent(event: BatchEvent): Promise<void> {
    v.parse(v.literal(true), await this.#call("onBatchEvent", event));
  }

  /** Returns a page of the batches, latest first. @param after the last batch of the previous page */
  async recent(after: BatchPosition | null, limit: number): Promise<RecentBatch[]> {
    const batches = v.parse(RecentSchema, await this.#call("recent", after, limit));
    // An object of an earlier version knows no limit.
    return batches.slice(0, limit);
  }

  /** Takes as much of an amount as is left of a quota that owners share. @returns what was taken */
  async takeShare(wanted: Amount, quota: Quota): Promise<Amount> {
    const taken = await unlessMissing(this.#call("takeShare", wanted, quota), () => wanted);
    return v.parse(AmountSchema, taken);
  }

  async returnShare(amount: Amount): Promise<void> {
    v.parse(v.literal(true), await this.#call("returnShare", amount));
  }

  /** True if the operator has blocked the owner. */
  async isBlocked(): Promise<boolean> {
    return v.parse(v.boolean(), await this.#call("isBlocked"));
  }

  /** Blocks or unblocks the owner. Their batches get to know it soon afterwards. */
  async setBlocked(isBlocked: boolean): Promise<void> {
    v.parse(v.literal(true), await this.#call("setBlocked", isBlocked));
  }

  #quota(): Quota {
    const { openBatches, filesPerDay, bytesPerDay } = settings(this.#env);
    return { openBatches, filesPerDay, bytesPerDay };
  }

  #call(method: string, ...values: unknown[]): Promise<unknown> {
    const owners = inJurisdiction(this.#env, this.#env.OWNER);
    return callDurable(owners, this.#key, method, ...values);
  }
}

const ALLOWED: QuotaDecision = { exceeded: null, open: [] };

/** While a deployment goes on, an object may run the earlier version, which knew no such quota. */
function unlessMissing(call: Promise<unknown>, otherwise: () => unknown): Promise<unknown> {
  return call.catch((error: unknown) => {
    if (error instanceof MissingMethod) return otherwise();
    throw error;
  });
}
