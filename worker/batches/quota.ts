import { DAY_MS, SECOND_MS } from "../../protocol/index.ts";
import {
  type Amount,
  OwnerClient,
  type QuotaDecision,
  takeShared,
} from "../../durable-objects/index.ts";
import { ProblemError } from "../http/problem.ts";

/** Retry delay for the quota of open batches, as a batch may end at any time. */
const OPEN_BATCHES_RETRY_S = 60;
/** Longest retry delay for an object that restarts. It is random, so that clients don't return together. */
const UNREACHABLE_RETRY_S = 5;

/** The owner whose quota is used. */
export interface QuotaOwner {
  /** Key of the owner's object. */
  key: string;
  /** Time at which the token of an anonymous owner expires; absent for the owner of a grant. */
  endsAt?: number | undefined;
}

/**
 * Reserves quota of an owner; of an anonymous one, also from the quota that all of them share.
 *
 * @param call makes the reservation, and is safe to repeat
 * @param amount that it is for
 * @returns the owner's decision, which allows it
 * @throws ProblemError `quota_exceeded`; `forbidden` for a blocked owner; `busy` if an object can't be reached or can't write
 */
export async function reserveQuota(
  env: Env,
  { key, endsAt }: QuotaOwner,
  amount: Amount,
  call: (owner: OwnerClient) => Promise<QuotaDecision>,
): Promise<QuotaDecision> {
  const decision = await reach(() => call(new OwnerClient(env, key)));
  if (decision.exceeded === "blocked") throw blockedOwner();
  if (decision.exceeded) throw quotaExceeded(QUOTAS[decision.exceeded], decision.exceeded);
  if (endsAt === undefined) return decision;
  const exceeded = await reach(() => takeShared(env, key, decision.reserved ?? amount));
  if (exceeded) throw quotaExceeded(SHARED_QUOTAS[exceeded], exceeded);
  return decision;
}

/** Letting a call through without a reservation would let anyone exceed a quota by overload. */
async function reach<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    console.warn(JSON.stringify({ warning: "owner unreachable", error: String(error) }));
    const retryAfter = 1 + Math.floor(Math.random() * UNREACHABLE_RETRY_S);
    const detail = "The quota can't be checked at the moment; send the request again.";
    throw new ProblemError("busy", detail, { retryAfter });
  }
}

function blockedOwner(): ProblemError {
  return new ProblemError(
    "forbidden",
    "The operator of this server has blocked this owner; ask the operator.",
  );
}

type Exceeded = Exclude<QuotaDecision["exceeded"], "blocked" | null>;

const QUOTAS: Record<Exceeded, string> = {
  openBatches: "The owner has reached the limit of open batches; complete or cancel one first.",
  files: "The owner has reached the limit of files per day; retry tomorrow (UTC).",
  bytes: "The owner has reached the limit of bytes per day; retry tomorrow (UTC).",
};

const SHARED_QUOTAS = {
  files:
    "All anonymous uploads together have reached the limit of files per day; retry tomorrow (UTC).",
  bytes:
    "All anonymous uploads together have reached the limit of bytes per day; retry tomorrow (UTC).",
};

function quotaExceeded(detail: string, exceeded: Exceeded): ProblemError {
  const untilTomorrow = Math.ceil((DAY_MS - (Date.now() % DAY_MS)) / SECOND_MS);
  const retryAfter = exceeded === "openBatches" ? OPEN_BATCHES_RETRY_S : untilTomorrow;
  return new ProblemError("quota_exceeded", detail, { retryAfter });
}
