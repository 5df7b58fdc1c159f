import {
  type BatchResource,
  type CreatedBatch,
  DAY_MS,
  type Metadata,
  type Tokens,
} from "../../protocol/index.ts";
import type { FileDeclaration } from "../../protocol/schemas.ts";
import { type NewBatch, batchLimits, settings } from "../../durable-objects/index.ts";
import { tokenSigner } from "../auth/guard.ts";
import { type Creator, expiry } from "../auth/owner.ts";
import { signBatchToken } from "../auth/tokens.ts";
import { announcedLimits } from "./announced-limits.ts";
import { batchClient } from "./batch-client.ts";
import type { AppContext } from "../context.ts";
import { checkCount } from "./declarations.ts";
import { batchLinks, newBatchId } from "./links.ts";
import { reserveBatchQuota, notifyOwner, forgetEvent } from "./owners.ts";

/**
 * Minimum lifetime of a batch's tokens. The batch stays until a request with its write token deletes it.
 */
const TOKEN_LIFETIME_MS = 366 * DAY_MS;

/** @throws ProblemError `too_many_files`, `quota_exceeded` */
export async function createBatch(
  c: AppContext,
  owner: Creator,
  batch: { metadata: Metadata; files: FileDeclaration[]; sealed: boolean },
): Promise<CreatedBatch> {
  const { id, rev, state, createdAt, expiresAt } = await createObject(c, owner, batch);
  return {
    id,
    rev,
    state,
    createdAt,
    expiresAt,
    tokens: {
      ...(await signTokens(c, id, owner.key)),
      ...(owner.token && { owner: owner.token }),
    },
    links: batchLinks(id),
    limits: announcedLimits(c.env, owner.grantLimits),
    firstFile: 0,
    count: batch.files.length,
  };
}

/** Reserves the owner's quota first, which may refuse the batch, then creates the object. */
async function createObject(
  c: AppContext,
  { key, grantLimits }: Creator,
  batch: Omit<NewBatch, "id" | "owner" | "grantLimits">,
): Promise<BatchResource> {
  const id = newBatchId();
  const limits = batchLimits(c.env, grantLimits);
  checkCount(batch.files, limits.files);
  const isNotified = await reserveBatchQuota(c, key, { id, files: batch.files, limits });
  try {
    const client = batchClient(c.env, id, c.var.batchCalls);
    const owner = { key, isNotified };
    return await client.create({ ...batch, id, owner, ...(grantLimits && { grantLimits }) });
  } catch (error) {
    await notifyOwner(c.env, key, forgetEvent(id));
    throw error;
  }
}

async function signTokens(c: AppContext, batch: string, owner: string): Promise<Tokens> {
  const signer = tokenSigner(c.env);
  const expires = tokenExpiry(c.env);
  return {
    // Adding files uses the owner's quota; readers have no need to know the owner.
    write: await signBatchToken(signer, { batch, scope: "write", owner }, expires),
    read: await signBatchToken(signer, { batch, scope: "read", owner: null }, expires),
  };
}

function tokenExpiry(env: Env): number {
  return expiry(Math.max(TOKEN_LIFETIME_MS, settings(env).batchLifetimeMs));
}
