import { settings } from "../settings.ts";
import { difference, isNothing } from "./amount.ts";
import { OwnerClient } from "./client.ts";
import type { Amount, Quota } from "./messages.ts";

/**
 * Objects that share the counting: all anonymous owners would keep one busy. Each has an equal part of the
 * quota, and an owner that finds too little left in one goes on to the next.
 */
const SHARDS = 8;

/**
 * Takes an amount of the daily quota that all anonymous owners share. Nothing is returned to it later: a
 * batch that is cancelled counts as well.
 *
 * @param owner key of the owner, which determines the object that is asked first
 * @returns the exceeded quota; null if the amount was taken
 */
export async function takeShared(
  env: Env,
  owner: string,
  amount: Amount,
): Promise<"files" | "bytes" | null> {
  const { anonymousFilesPerDay, anonymousBytesPerDay } = settings(env);
  if ((anonymousFilesPerDay ?? anonymousBytesPerDay) === null || isNothing(amount)) return null;
  const taken: { shard: OwnerClient; amount: Amount }[] = [];
  let missing = amount;
  for (const shard of shardsFrom(owner)) {
    const client = new OwnerClient(env, `anonymous-${shard}`);
    const share = await client.takeShare(missing, quotaOf(env, shard));
    taken.push({ shard: client, amount: share });
    missing = difference(missing, share);
    if (isNothing(missing)) return null;
  }
  await Promise.all(taken.map(({ shard, amount: share }) => shard.returnShare(share)));
  return missing.files > 0 ? "files" : "bytes";
}

/** Returns the numbers of all shards, in an order that differs between owners. */
function shardsFrom(owner: string): number[] {
  const first = Number.parseInt(owner.slice(-4), 16) % SHARDS;
  return Array.from({ length: SHARDS }, (_, index) => (first + index) % SHARDS);
}

/** Returns the quota of one shard. Those of all shards add up to the operator's. */
function quotaOf(env: Env, shard: number): Quota {
  const { anonymousFilesPerDay, anonymousBytesPerDay } = settings(env);
  const part = (limit: number | null) => {
    if (limit === null) return null;
    return Math.floor((limit * (shard + 1)) / SHARDS) - Math.floor((limit * shard) / SHARDS);
  };
  return {
    openBatches: null,
    filesPerDay: part(anonymousFilesPerDay),
    bytesPerDay: part(anonymousBytesPerDay),
  };
}
