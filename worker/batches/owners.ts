import type { BatchList, DeclaredFiles, ListedBatch, Metadata } from "../../protocol/index.ts";
import type { FileDeclaration } from "../../protocol/schemas.ts";
import {
  type Amount,
  type BatchEvent,
  type BatchLimits,
  batchLinks,
  type BatchPosition,
  countedAmount,
  type Declaration,
  declaredFiles,
  encodedName,
  type NewFiles,
  OwnerClient,
  type RecentBatch,
} from "../../durable-objects/index.ts";
import type { Creator } from "../auth/owner.ts";
import type { AppContext } from "../context.ts";
import { ProblemError } from "../http/problem.ts";
import { sha256Hex } from "../upload/digest.ts";
import type { BatchClient } from "./batch-client.ts";
import { linkOrigin } from "./links.ts";
import { reserveQuota } from "./quota.ts";

/** Reservations of one call: another is needed if files of the batch are cancelled at the same time. */
const MAX_TRIES = 3;

/**
 * Returns a page of the owner's batches, latest first. Their links have the request's origin unless the
 * operator has set one: the owner's object does not know those of the batches.
 */
export async function listBatches(
  c: AppContext,
  owner: string,
  { after, limit }: { after?: BatchPosition | undefined; limit: number },
): Promise<BatchList> {
  // One more than the page has, to know whether there is a next one.
  const found = await new OwnerClient(c.env, owner).recent(after ?? null, limit + 1);
  const page = found.slice(0, limit);
  const last = found.length > limit ? page.at(-1) : undefined;
  const origin = linkOrigin(c);
  const batches = page.map((batch) => listedBatch(batch, origin));
  return { batches, next: last ? `${last.createdAt}-${last.id}` : null };
}

function listedBatch(
  { id, createdAt, state, files, name }: RecentBatch,
  origin: string,
): ListedBatch {
  const links = batchLinks(origin, id);
  return { id, createdAt: new Date(createdAt).toISOString(), state, files, name, links };
}

/**
 * Reserves the owner's quota for a batch that is about to be created. The first batch of a new anonymous
 * owner reserves nothing while it has no files: their object is created with the first declaration.
 *
 * @returns `isNotified` if the owner has recorded the batch, `isNew` if this call was the first
 * @throws ProblemError `quota_exceeded`, `busy`
 */
export async function reserveBatchQuota(
  env: Env,
  { key, endsAt, anonymous }: Creator,
  batch: {
    id: string;
    files: readonly FileDeclaration[];
    metadata: Metadata;
    limits: BatchLimits;
  },
): Promise<{ isNotified: boolean; isNew: boolean }> {
  if (anonymous !== null && batch.files.length === 0) return { isNotified: false, isNew: false };
  const amount = countedAmount(declaredFiles(batch.files, batch.limits, 0));
  const lifetime = endsAt !== undefined && { ownerEndsAt: endsAt };
  const name = encodedName(batch.metadata);
  const reserved = { id: batch.id, createdAt: Date.now(), name, ...amount, ...lifetime };
  const reserve = (owner: OwnerClient) => owner.reserveBatch(reserved);
  const { isNew = false } = await reserveQuota(env, { key, endsAt }, amount, reserve);
  return { isNotified: true, isNew };
}

/**
 * Declares files, after the owner's quota was reserved for them. The Batch is asked first, since a
 * refused call must reserve nothing, and a repeated one nothing more.
 *
 * @throws ProblemError `quota_exceeded`, `busy`, and those of the Batch
 */
export async function declareFiles(
  env: Env,
  batch: BatchClient,
  files: NewFiles,
): Promise<DeclaredFiles> {
  let checked = await batch.declare({ ...files, isCheck: true });
  for (let tries = 0; checked.needs && tries < MAX_TRIES; tries++)
    checked = await reserveAndDeclare(env, batch, files, { ...checked, needs: checked.needs });
  const { needs, ...declared } = checked;
  if (!needs) return declared;
  const detail = "The batch changed while the quota was checked; send the request again.";
  throw new ProblemError("busy", detail, { retryAfter: 1 });
}

/** Returns the declaration, or what the Batch needs by now, if that is more. */
async function reserveAndDeclare(
  env: Env,
  batch: BatchClient,
  files: NewFiles,
  { needs, owner, createdAt, ownerEndsAt, name }: Declaration & { needs: Amount },
): Promise<Declaration> {
  if (owner === undefined) return batch.declare(files);
  const reservation = await sha256Hex(new TextEncoder().encode(files.key));
  const added = {
    batch: batch.id,
    call: reservation,
    ...needs,
    ...(createdAt !== undefined && { createdAt }),
    ...(name !== undefined && { name }),
    ...(ownerEndsAt !== undefined && { ownerEndsAt }),
  };
  const quotaOwner = { key: owner, endsAt: ownerEndsAt };
  await reserveQuota(env, quotaOwner, needs, (client) => client.reserveFiles(added));
  return batch.declare({ ...files, reservation, reserved: needs });
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

/**
 * Event that makes an owner forget a batch that could not be created. If it was created all the same, its
 * own events have a higher rev and add it again.
 */
export function forgetEvent(id: string): BatchEvent {
  const completed = { files: 0, bytes: 0 };
  return { id, createdAt: 0, rev: 0, state: "removed", files: 0, completed };
}
