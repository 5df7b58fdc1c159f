import { type CreatedBatch, type Metadata, SECOND_MS } from "../../protocol/index.ts";
import {
  type BatchCall,
  batchLimits,
  batchLinks,
  type CreationResource,
  type NewBatch,
} from "../../durable-objects/index.ts";
import { type Creator, ownerToken } from "../auth/owner.ts";
import { announcedLimits } from "./announced-limits.ts";
import { batchClient } from "./batch-client.ts";
import type { AppContext } from "../context.ts";
import { ProblemError } from "../http/problem.ts";
import { checkCount } from "./declarations.ts";
import { type KeyedBatch, keyedBatches, type KeyedCall } from "./idempotency.ts";
import { linkOrigin, newBatchId, requestOrigin } from "./links.ts";
import { forgetEvent, notifyOwner, reserveBatchQuota } from "./owners.ts";
import { newToken, tokenLifetime } from "./tokens.ts";

/** The values of a new batch that its creator chooses. */
type BatchOptions = Pick<NewBatch, "files" | "sealed" | "location" | "keepDays"> & {
  metadata: Metadata;
};

/** A batch that was created before: its tokens are returned for some time only. */
export type RepeatedBatch = Omit<CreatedBatch, "tokens"> & Partial<Pick<CreatedBatch, "tokens">>;

/** Batches of one key that may be deleted, before it is of no use any more. Each takes a few calls. */
const MAX_DELETED = 8;

/** @throws ProblemError `too_many_files`, `quota_exceeded` */
export async function createBatch(
  c: AppContext,
  creator: Creator,
  batch: BatchOptions,
): Promise<CreatedBatch> {
  const id = newBatchId();
  try {
    return await withTokens(c, creator, batch, await createObject(c, { id, creator }, batch));
  } catch (error) {
    // The batch may exist if only the response was lost. Its quota is released later, unless it confirms.
    if (error instanceof ProblemError) await notifyOwner(c.env, creator.key, forgetEvent(id));
    throw error;
  }
}

/**
 * Creates a batch, or returns the one that an earlier call with the same key has created, as it was
 * then. Two calls at the same moment get the same batch.
 *
 * @returns `isRepeated` if another request has created the batch
 * @throws ProblemError `idempotency_mismatch` for a key that was used with another body, `in_progress`
 *   while a request with the key sends files, and those of `createBatch`
 */
export async function createKeyedBatch(
  c: AppContext,
  sender: Creator,
  batch: BatchOptions,
  { key, digest }: KeyedCall,
): Promise<{ created: RepeatedBatch; isRepeated: boolean; creator: Creator }> {
  const call = { by: crypto.randomUUID(), digest };
  for (let deleted = 0; deleted < MAX_DELETED; deleted++) {
    const candidates = await keyedBatches(c.env, sender, key, deleted);
    const found = await createOrFind(c, candidates, { ...batch, call });
    if (!found) continue;
    const { object, creator } = found;
    const { isRepeated = false, hasTokens = true, grantLimits = null } = object.creation ?? {};
    const first = isRepeated ? { ...creator, grantLimits } : creator;
    const { tokens, ...created } = await withTokens(c, first, batch, object);
    return { created: { ...created, ...(hasTokens && { tokens }) }, isRepeated, creator: first };
  }
  throw new ProblemError(
    "malformed_request",
    `${MAX_DELETED} batches of this Idempotency-Key were deleted; send another key.`,
  );
}

/** Returns the batch of a key; null if it was deleted. @param candidates those of replaced secrets last */
async function createOrFind(
  c: AppContext,
  candidates: readonly KeyedBatch[],
  batch: BatchOptions & { call: BatchCall },
): Promise<{ object: CreationResource; creator: Creator } | null> {
  const [current] = candidates;
  if (!current) throw new TypeError("No secret to derive an id with");
  const known = await Promise.all(candidates.map((keyed) => isKnown(c, keyed, batch)));
  const existing = candidates[known.indexOf(true)];
  const chosen = existing ?? current;
  const { creator } = chosen;
  try {
    const creating = existing
      ? createStored(c, chosen, batch, false)
      : createObject(c, chosen, batch);
    return { object: await creating, creator };
  } catch (error) {
    if (isUnknown(error)) return null;
    throw error;
  }
}

/** Reserves the owner's quota first, which may refuse the batch, then creates the object. */
async function createObject(
  c: AppContext,
  keyed: KeyedBatch,
  batch: BatchOptions & { call?: BatchCall },
): Promise<CreationResource> {
  const { id, creator } = keyed;
  const limits = batchLimits(c.env, creator.grantLimits);
  checkCount(batch.files, limits.files);
  const reserved = { ...batch, id, limits };
  const { isNotified, isNew } = await reserveBatchQuota(c.env, creator, reserved);
  try {
    return await createStored(c, keyed, batch, isNotified);
  } catch (error) {
    // Quota stays reserved that other calls may have reserved, or for which one may create the batch.
    if (isNew && isUnknown(error)) await notifyOwner(c.env, creator.key, forgetEvent(id));
    throw error;
  }
}

/** @param isNotified true if the owner's object has reserved quota for the batch */
function createStored(
  c: AppContext,
  keyed: KeyedBatch,
  batch: BatchOptions & { call?: BatchCall },
  isNotified: boolean,
): Promise<CreationResource> {
  const { id, creator } = keyed;
  const { key, name, endsAt, grantLimits } = creator;
  const location = locationOf(creator, batch);
  const owner = { key, name, isNotified, ...(endsAt !== undefined && { endsAt }) };
  const created = {
    ...batch,
    id,
    origin: requestOrigin(c),
    owner,
    ...(location && { location }),
    ...(grantLimits && { grantLimits }),
  };
  return newBatchClient(c, keyed, batch).create(created);
}

/** Returns the client of a batch that may not exist yet: the first call places its object. */
function newBatchClient(c: AppContext, { id, creator }: KeyedBatch, batch: BatchOptions) {
  const location = locationOf(creator, batch);
  return batchClient(c.env, id, c.var.batchCalls, { location });
}

/** Returns the location that the call asks for, or else the grant. */
function locationOf({ grantLimits }: Creator, { location }: BatchOptions) {
  return location ?? grantLimits?.location;
}

/** Returns the response to the call that creates a batch. Its tokens are the same in every repetition. */
async function withTokens(
  c: AppContext,
  { anonymous, grantLimits }: Creator,
  { files }: BatchOptions,
  object: CreationResource,
): Promise<CreatedBatch> {
  const { env } = c;
  // An object that runs the code of an earlier version has no time.
  const { id, rev, state, createdAt, expiresAt, keepUntil = null, keepDays = null } = object;
  const issuedAt = Math.floor(Date.parse(createdAt) / SECOND_MS);
  const signed = { id, issuedAt };
  const end = keepUntil === null ? null : Date.parse(keepUntil) / SECOND_MS - issuedAt;
  return {
    id,
    rev,
    state,
    createdAt,
    expiresAt,
    keepUntil,
    location: object.location ?? null,
    tokens: {
      write: await newToken(env, signed, "write"),
      read: await newToken(env, signed, "read", tokenLifetime(env, "read", end)),
      live: await newToken(env, signed, "live"),
      ...(anonymous !== null && { owner: await ownerToken(env, anonymous, issuedAt) }),
    },
    links: batchLinks(linkOrigin(c, object.origin), id),
    limits: { ...announcedLimits(env, grantLimits), keepDays },
    firstFile: 0,
    count: files.length,
  };
}

/**
 * True if a batch exists, even if it has expired.
 *
 * @throws the error of a call without a response: a batch that only counts as known reserves no quota
 */
async function isKnown(c: AppContext, keyed: KeyedBatch, batch: BatchOptions): Promise<boolean> {
  try {
    await newBatchClient(c, keyed, batch).status();
    return true;
  } catch (error) {
    if (error instanceof ProblemError) return !isUnknown(error);
    throw error;
  }
}

/** True for the refusal of a batch that does not exist, or was deleted. */
function isUnknown(error: unknown): boolean {
  return error instanceof ProblemError && error.code === "batch_not_found";
}
