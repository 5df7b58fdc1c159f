import type { ListedBatch } from "../../protocol/index.ts";
import type { FileDeclaration } from "../../protocol/schemas.ts";
import {
  type BatchEvent,
  declaredFiles,
  OwnerClient,
  type BatchLimits,
  batchLimits,
  type QuotaDecision,
} from "../../durable-objects/index.ts";
import { batchClient } from "./batch-client.ts";
import type { AppContext } from "../context.ts";
import { ProblemError } from "../http/problem.ts";
import { sha256Hex } from "../upload/digest.ts";
import { batchLinks } from "./links.ts";

/** An open batch may end at any moment. */
const OPEN_BATCHES_RETRY_S = 60;
const DAY_S = 24 * 60 * 60;

/** The owner's most recent batches, the latest first. */
export async function listBatches(c: AppContext, owner: string): Promise<ListedBatch[]> {
  const recent = await new OwnerClient(c.env, owner).recent();
  return recent.map(({ id, createdAt, state, files }) => {
    return {
      id,
      createdAt: new Date(createdAt).toISOString(),
      state,
      files,
      links: batchLinks(id),
    };
  });
}

/**
 * Tells the owner of a batch that is about to be made.
 *
 * @returns whether they have heard; if not, the batch will tell them itself
 * @throws ProblemError `quota_exceeded`
 */
export async function reserveBatch(
  c: AppContext,
  owner: string,
  batch: { id: string; files: readonly FileDeclaration[]; limits: BatchLimits },
): Promise<boolean> {
  const client = new OwnerClient(c.env, owner);
  const announced = { id: batch.id, createdAt: Date.now(), ...amountOf(batch.files, batch.limits) };
  return allows(async () => {
    const decision = await client.reserveBatch(announced);
    const isStale = await forgetUnknown(c, client, decision.open);
    return isStale ? client.reserveBatch(announced) : decision;
  });
}

/**
 * Tells a batch's owner of files that are about to be declared.
 *
 * @param call names the call
 * @throws ProblemError `quota_exceeded`
 */
export async function reserveFiles(
  c: AppContext,
  call: string,
  files: readonly FileDeclaration[],
): Promise<void> {
  const { batch, owner } = c.var;
  if (owner === null) return;
  const name = await sha256Hex(new TextEncoder().encode(call));
  // What the batch's grant does not take is given back when the batch ends.
  const added = { batch: batch.id, call: name, ...amountOf(files, batchLimits(c.env)) };
  await allows(() => new OwnerClient(c.env, owner).reserveFiles(added));
}

/** Tells a batch's owner, if there is one to be told; should it fail, the batch tells it again. */
export async function notifyOwner(
  env: Env,
  owner: string | null,
  event: BatchEvent,
): Promise<void> {
  if (owner !== null) await new OwnerClient(env, owner).onBatchEvent(event).catch(() => undefined);
}

/** What is said of a batch that there is not, whatever its owner has heard of it. */
export function forgottenBatch(id: string): BatchEvent {
  const completed = { files: 0, bytes: 0 };
  return { id, createdAt: 0, rev: Number.MAX_SAFE_INTEGER, state: "removed", files: 0, completed };
}

/** An owner's object that cannot be reached keeps nobody from uploading. */
async function allows(ask: () => Promise<QuotaDecision>): Promise<boolean> {
  const decision = await ask().catch(() => null);
  if (decision?.exceeded) throw quotaExceeded(decision.exceeded);
  return decision !== null;
}

/** Batches that were announced and then not made, as when the Worker died in between. */
async function forgetUnknown(
  c: AppContext,
  client: OwnerClient,
  batches: readonly string[],
): Promise<boolean> {
  const known = await Promise.all(batches.map((id) => isKnown(c, id)));
  const unknown = batches.filter((_, index) => known[index] === false);
  for (const id of unknown) await client.onBatchEvent(forgottenBatch(id));
  return unknown.length > 0;
}

async function isKnown(c: AppContext, id: string): Promise<boolean> {
  try {
    await batchClient(c.env, id, c.var.batchCalls).status();
    return true;
  } catch (error) {
    return !(error instanceof ProblemError && error.code === "batch_not_found");
  }
}

/** What is refused at once takes nothing of a quota. */
function amountOf(files: readonly FileDeclaration[], limits: BatchLimits) {
  const taken = declaredFiles(files, limits, 0).filter(({ state }) => state === "queued");
  return { files: taken.length, bytes: taken.reduce((sum, { size }) => sum + size, 0) };
}

const QUOTAS: Record<NonNullable<QuotaDecision["exceeded"]>, string> = {
  openBatches: "Finish or cancel a batch first: you have as many open ones as you may have.",
  files: "Go on tomorrow (UTC): you have declared as many files today as you may.",
  bytes: "Go on tomorrow (UTC): you have declared as many bytes today as you may.",
};

function quotaExceeded(exceeded: keyof typeof QUOTAS): ProblemError {
  const untilTomorrow = DAY_S - (Math.floor(Date.now() / 1000) % DAY_S);
  const retryAfter = exceeded === "openBatches" ? OPEN_BATCHES_RETRY_S : untilTomorrow;
  return new ProblemError("quota_exceeded", QUOTAS[exceeded], { retryAfter });
}
