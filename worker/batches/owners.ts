import {
  type BatchList,
  type DeclaredFiles,
  type ListedBatch,
  DAY_MS,
  SECOND_MS,
} from "../../protocol/index.ts";
import type { FileDeclaration } from "../../protocol/schemas.ts";
import {
  type BatchEvent,
  type BatchPosition,
  countedAmount,
  declaredFiles,
  OwnerClient,
  type BatchLimits,
  type NewFiles,
  type QuotaDecision,
  type RecentBatch,
} from "../../durable-objects/index.ts";
import { batchClient } from "./batch-client.ts";
import type { AppContext } from "../context.ts";
import { ProblemError } from "../http/problem.ts";
import { sha256Hex } from "../upload/digest.ts";
import { batchLinks } from "./links.ts";

/** Retry delay for the quota of open batches, as a batch may end at any time. */
const OPEN_BATCHES_RETRY_S = 60;

/** Returns a page of the owner's batches, latest first. */
export async function listBatches(
  c: AppContext,
  owner: string,
  { after, limit }: { after?: BatchPosition | undefined; limit: number },
): Promise<BatchList> {
  // One more than the page has, to know whether there is a next one.
  const found = await new OwnerClient(c.env, owner).recent(after ?? null, limit + 1);
  const page = found.slice(0, limit);
  const last = found.length > limit ? page.at(-1) : undefined;
  return { batches: page.map(listedBatch), next: last ? `${last.createdAt}-${last.id}` : null };
}

function listedBatch({ id, createdAt, state, files }: RecentBatch): ListedBatch {
  return { id, createdAt: new Date(createdAt).toISOString(), state, files, links: batchLinks(id) };
}

/**
 * Reserves the owner's quota for a batch that is about to be created.
 *
 * @returns true if the owner has recorded the batch; otherwise the batch reports itself later
 * @throws ProblemError `quota_exceeded`
 */
export async function reserveBatchQuota(
  c: AppContext,
  owner: string,
  batch: { id: string; files: readonly FileDeclaration[]; limits: BatchLimits },
): Promise<boolean> {
  const client = new OwnerClient(c.env, owner);
  const reserved = {
    id: batch.id,
    createdAt: Date.now(),
    ...countedAmount(declaredFiles(batch.files, batch.limits, 0)),
  };
  return isAllowed(async () => {
    const decision = await client.reserveBatch(reserved);
    const isStale = await forgetUncreated(c, client, decision.open);
    return isStale ? client.reserveBatch(reserved) : decision;
  });
}

/**
 * Declares files, after the owner's quota was reserved for them. The Batch is asked first, since a
 * refused call must reserve nothing, and a repeated one nothing more.
 *
 * @throws ProblemError `quota_exceeded`, and those of the Batch
 */
export async function declareFiles(c: AppContext, files: NewFiles): Promise<DeclaredFiles> {
  const { batch } = c.var;
  const { needs, owner, ...known } = await batch.declare({ ...files, isCheck: true });
  if (!needs) return known;
  if (owner === undefined) return batch.declare(files);
  const reservation = await sha256Hex(new TextEncoder().encode(files.key));
  const added = { batch: batch.id, call: reservation, ...needs };
  await isAllowed(() => new OwnerClient(c.env, owner).reserveFiles(added));
  return batch.declare({ ...files, reservation });
}

/** Passes an event of a batch to its owner, if it has one. If this fails, the batch sends it later. */
export async function notifyOwner(
  env: Env,
  owner: string | undefined,
  event: BatchEvent,
): Promise<void> {
  if (owner !== undefined)
    await new OwnerClient(env, owner).onBatchEvent(event).catch(() => undefined);
}

/** Event that makes an owner forget a batch. Its rev exceeds those of all other events. */
export function forgetEvent(id: string): BatchEvent {
  const completed = { files: 0, bytes: 0 };
  return { id, createdAt: 0, rev: Number.MAX_SAFE_INTEGER, state: "removed", files: 0, completed };
}

/**
 * Returns true if the owner has reserved the quota, and false if its object is unreachable, which must
 * not prevent uploads.
 *
 * @throws ProblemError `quota_exceeded`
 */
async function isAllowed(reserve: () => Promise<QuotaDecision>): Promise<boolean> {
  const decision = await reserve().catch(() => null);
  if (decision?.exceeded) throw quotaExceeded(decision.exceeded);
  return decision !== null;
}

/**
 * Makes the owner forget batches that were reserved but never created, because the Worker ended in
 * between.
 *
 * @returns true if there were any
 */
async function forgetUncreated(
  c: AppContext,
  client: OwnerClient,
  batches: readonly string[],
): Promise<boolean> {
  const known = await Promise.all(batches.map((id) => isKnown(c, id)));
  const unknown = batches.filter((_, index) => known[index] === false);
  for (const id of unknown) await client.onBatchEvent(forgetEvent(id));
  return unknown.length > 0;
}

/** True if a batch exists, even if it has expired. */
export async function isKnown(c: AppContext, id: string): Promise<boolean> {
  try {
    await batchClient(c.env, id, c.var.batchCalls).status();
    return true;
  } catch (error) {
    return !(error instanceof ProblemError && error.code === "batch_not_found");
  }
}

const QUOTAS: Record<NonNullable<QuotaDecision["exceeded"]>, string> = {
  openBatches: "The owner has reached the limit of open batches; complete or cancel one first.",
  files: "The owner has reached the limit of files per day; retry tomorrow (UTC).",
  bytes: "The owner has reached the limit of bytes per day; retry tomorrow (UTC).",
};

function quotaExceeded(exceeded: keyof typeof QUOTAS): ProblemError {
  const untilTomorrow = Math.ceil((DAY_MS - (Date.now() % DAY_MS)) / SECOND_MS);
  const retryAfter = exceeded === "openBatches" ? OPEN_BATCHES_RETRY_S : untilTomorrow;
  return new ProblemError("quota_exceeded", QUOTAS[exceeded], { retryAfter });
}
