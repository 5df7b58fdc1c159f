import {
  type BatchResource,
  type CreatedBatch,
  type Limits,
  LIMITS,
  type Metadata,
  type Tokens,
} from "../../protocol/index.ts";
import type { GrantLimits } from "../../protocol/grant-limits.ts";
import type { FileDeclaration } from "../../protocol/schemas.ts";
import { type NewBatch, batchLimits } from "../../durable-objects/index.ts";
import { bearerToken, tokenSigner } from "../auth/guard.ts";
import { ownerKey } from "../auth/owner-key.ts";
import { unauthorized } from "../auth/tokens.ts";
import { BatchClient } from "./batch-client.ts";
import { newBatchId } from "./batch-id.ts";
import type { AppContext } from "../context.ts";
import { checkCount } from "./declarations.ts";
import { ownerExpiry, tokenExpiry } from "./lifetimes.ts";
import { batchLinks } from "./links.ts";
import { reserveBatch, notifyOwner, forgottenBatch } from "./owners.ts";

/** Who creates a batch. */
export interface Creator {
  /** Key of the owner's object. */
  key: string;
  /** A grant for the owner, where they were not known before. */
  token: string | null;
  /** What their grant lays down for the batch. */
  grantLimits: GrantLimits | null;
}

/**
 * The owner whose grant the request brings; a new anonymous one where it brings none, nor needs to.
 *
 * @throws ProblemError `unauthorized` with an invalid grant, or without one where one is needed
 */
export async function resolveCreator(c: AppContext): Promise<Creator> {
  const grant = bearerToken(c);
  const tokens = tokenSigner(c.env);
  if (grant !== null) {
    const { owner, limits: grantLimits = null } = await tokens.verifyGrant(grant);
    return { key: await ownerKey(owner), token: null, grantLimits };
  }
  if (c.env.ACCESS !== "open") {
    throw unauthorized("Send a grant of the app that this server takes uploads for.");
  }
  const owner = crypto.randomUUID();
  const token = await tokens.signGrant(owner, ownerExpiry());
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

/** What a client is told that the batch may hold. */
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

/** The owner is told first: they may have used up their quota. */
async function createObject(
  c: AppContext,
  { key, grantLimits }: Creator,
  batch: Omit<NewBatch, "id" | "owner" | "grantLimits">,
): Promise<BatchResource> {
  const id = newBatchId();
  const limits = batchLimits(c.env, grantLimits);
  checkCount(batch.files, limits.files);
  const isNotified = await reserveBatch(c, key, { id, files: batch.files, limits });
  try {
    const client = new BatchClient(c.env, id, c.var.batchCalls);
    const owner = { key, isNotified };
    return await client.create({ ...batch, owner, ...(grantLimits && { grantLimits }) });
  } catch (error) {
    await notifyOwner(c.env, key, forgottenBatch(id));
    throw error;
  }
}

async function signTokens(c: AppContext, batch: string, owner: string): Promise<Tokens> {
  const tokens = tokenSigner(c.env);
  const expires = tokenExpiry(c.env);
  return {
    // Who adds files uses up the owner's quota; who reads need not know whose the batch is.
    write: await tokens.signAccess({ batch, scope: "write", owner }, expires),
    read: await tokens.signAccess({ batch, scope: "read", owner: null }, expires),
  };
}
