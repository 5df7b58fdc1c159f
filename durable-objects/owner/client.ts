import * as v from "valibot";
import { BATCH_STATES } from "../../protocol/index.ts";
import { callDurable } from "./itty.ts";
import type { AddedFiles, BatchNews, NewOwnedBatch, Verdict } from "./messages.ts";
import { quotaOf } from "./quota.ts";

const VerdictAnswer = v.object({
  excess: v.nullable(v.picklist(["openBatches", "files", "bytes"])),
  open: v.array(v.string()),
});

const RecentAnswer = v.array(
  v.object({
    id: v.string(),
    createdAt: v.number(),
    state: v.picklist(BATCH_STATES),
    files: v.number(),
  }),
);

/** A batch as its owner lists it; `createdAt` is in ms since 1970. */
export type RecentBatch = v.InferOutput<typeof RecentAnswer>[number];

/** One owner's Durable Object, as others call it. Whatever goes wrong with a call is thrown. */
export class OwnerClient {
  readonly #env: Env;
  readonly #key: string;

  /** @param key as `ownerKey` makes it */
  constructor(env: Env, key: string) {
    this.#env = env;
    this.#key = key;
  }

  async open(batch: NewOwnedBatch): Promise<Verdict> {
    return v.parse(VerdictAnswer, await this.#call("open", batch, quotaOf(this.#env)));
  }

  async add(files: AddedFiles): Promise<Verdict> {
    return v.parse(VerdictAnswer, await this.#call("add", files, quotaOf(this.#env)));
  }

  async hear(news: BatchNews): Promise<void> {
    v.parse(v.literal(true), await this.#call("hear", news));
  }

  async recent(): Promise<RecentBatch[]> {
    return v.parse(RecentAnswer, await this.#call("recent"));
  }

  #call(method: string, ...values: unknown[]): Promise<unknown> {
    return callDurable(this.#env.OWNER, this.#key, method, ...values);
  }
}
