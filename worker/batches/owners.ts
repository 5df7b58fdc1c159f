import type { BatchList, DeclaredFiles, ListedBatch, Metadata } from "../../protocol/index.ts";
import type { FileDeclaration } from "../../protocol/schemas.ts";
import {
  type BatchEvent,
  type BatchLimits,
  type BatchPosition,
  countedAmount,
  declaredFiles,
  encodedName,
  type NewFiles,
  OwnerClient,
  type RecentBatch,
} from "../../durable-objects/index.ts";
import type { Creator } from "../auth/owner.ts";
import type { AppContext } from "../context.ts";
import { sha256Hex } from "../upload/digest.ts";
import type { BatchClient } from "./batch-client.ts";
import { batchLinks, linkOrigin } from "./links.ts";
import { reserveQuota } from "./quota.ts";

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
 * @returns true if the owner has recorded the batch
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
): Promise<boolean> {
  if (anonymous !== null && batch.files.length === 0) return false;
  const amount = countedAmount(declaredFiles(batch.files, batch.limits, 0));
  const lifetime = endsAt !== undefined && { ownerEndsAt: endsAt };
  const name = encodedName(batch.metadata);
  const reserved = { id: batch.id, createdAt: Date.now(), name, ...amount, ...lifetime };
  await reserveQuota(env, { key, endsAt }, amount, (owner) => owner.reserveBatch(reserved));
  return true;
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
  const checked = await batch.declare({ ...files, isCheck: true });
  const { needs, owner, createdAt, ownerEndsAt, name, ...known } = checked;
  if (!needs) return known;
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

/**
 * Event that makes an owner forget a batch that could not be created. If it was created all the same, its
 * own events have a higher rev and add it again.
 */
export function forgetEvent(id: string): BatchEvent {
  const completed = { files: 0, bytes: 0 };
  return { id, createdAt: 0, rev: 0, state: "removed", files: 0, completed };
}
