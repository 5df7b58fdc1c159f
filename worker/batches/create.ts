import {
  type BatchResource,
  type CreatedBatch,
  DAY_MS,
  type Limits,
  LIMITS,
  type Metadata,
  SECOND_MS,
  type Tokens,
} from "../../protocol/index.ts";
import type { FileDeclaration, GrantLimits } from "../../protocol/schemas.ts";
import { type NewBatch, batchLimits, settings } from "../../durable-objects/index.ts";
import { bearerToken, ownerKey, tokenSigner } from "../auth/guard.ts";
import { unauthorized } from "../auth/tokens.ts";
import { batchClient } from "./batch-client.ts";
import type { AppContext } from "../context.ts";
import { checkCount } from "./declarations.ts";
import { batchLinks, newBatchId } from "./links.ts";
import { reserveBatchQuota, notifyOwner, forgetEvent } from "./owners.ts";

/** Minimum lifetime of a batch's tokens: uploading extends the batch's lifetime, but not the tokens'. */
const TOKEN_LIFETIME_MS = 37 * DAY_MS;
/** Lifetime of the grant that lets an anonymous owner list their batches. */
const OWNER_GRANT_LIFETIME_MS = 365 * DAY_MS;

/** The owner of a new batch, as the request identifies them. */
export interface Creator {
  /** Key of the owner's object. */
  key: string;
  /** A grant for a new anonymous owner; null for an owner who sent a grant. */
  token: string | null;
  /** Limits that their grant sets for the batch. */
  grantLimits: GrantLimits | null;
}

/**
 * Returns the owner named by the request's grant. Without a grant, returns a new anonymous owner if
 * `ACCESS` is `open`.
 *
 * @throws ProblemError `unauthorized` for an invalid grant, or for none if `ACCESS` requires one
 */
export async function resolveCreator(c: AppContext): Promise<Creator> {
  const grant = bearerToken(c);
  const tokens = tokenSigner(c.env);
  if (grant !== null) {
    const { owner, limits: grantLimits = null } = await tokens.verifyGrant(grant);
    return { key: await ownerKey(owner), token: null, grantLimits };
  }
  if (settings(c.env).access !== "open") {
    throw unauthorized("The request has no grant; send one from the app that uses this server.");
  }
  const owner = crypto.randomUUID();
  const token = await tokens.signGrant(owner, expiry(OWNER_GRANT_LIFETIME_MS));
  return { key: await ownerKey(owner), token, grantLimits: null };
}

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
    limits: announcedLimits(c, owner),
    firstFile: 0,
    count: batch.files.length,
  };
}

/** Returns the batch's limits as clients see them. */
function announcedLimits(c: AppContext, { grantLimits }: Creator): Limits {
  const { files, bytes, fileBytes, types } = batchLimits(c.env, grantLimits);
  return {
    ...LIMITS,
    files,
    fileBytes,
    ...(bytes !== Infinity && { bytes }),
    ...(types && { types }),
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
  const tokens = tokenSigner(c.env);
  const expires = tokenExpiry(c.env);
  return {
    // Adding files uses the owner's quota; readers have no need to know the owner.
    write: await tokens.signAccess({ batch, scope: "write", owner }, expires),
    read: await tokens.signAccess({ batch, scope: "read", owner: null }, expires),
  };
}

/** The tokens outlive the batch and the time in which its results remain readable. */
function tokenExpiry(env: Env): number {
  const { batchLifetimeMs, recordLifetimeMs } = settings(env);
  return expiry(Math.max(TOKEN_LIFETIME_MS, batchLifetimeMs + recordLifetimeMs));
}

/** Returns the time after `lifetimeMs` in seconds since 1970, the unit of JWT. */
function expiry(lifetimeMs: number): number {
  return Math.floor((Date.now() + lifetimeMs) / SECOND_MS);
}
