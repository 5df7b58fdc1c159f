import {
  type BatchResource,
  type CreatedBatch,
  LIMITS,
  type Metadata,
  type Tokens,
} from "../protocol/index.ts";
import type { FileDeclaration } from "../protocol/schemas.ts";
import type { NewBatch } from "../durable-objects/index.ts";
import { tokenOf, tokensOf } from "./access/guard.ts";
import { ownerKey } from "./access/owner-key.ts";
import { unauthorized } from "./access/tokens.ts";
import { BatchClient } from "./batch-client.ts";
import { newBatchId } from "./batch-id.ts";
import type { AppContext } from "./context.ts";
import { ownerExpiry, tokenExpiry } from "./lifetimes.ts";
import { batchLinks } from "./links.ts";
import { announceBatch, passOn, unmadeBatch } from "./owners.ts";

/**
 * Creates a batch for whoever may create one.
 *
 * @throws ProblemError `unauthorized` with an invalid grant, or without one where one is needed;
 *   `quota_exceeded`
 */
export async function createBatch(
  c: AppContext,
  batch: { metadata: Metadata; files: FileDeclaration[]; sealed: boolean },
): Promise<CreatedBatch> {
  const owner = await ownerOf(c);
  const { id, rev, state, createdAt, expiresAt } = await createFor(c, owner.key, batch);
  return {
    id,
    rev,
    state,
    createdAt,
    expiresAt,
    tokens: {
      ...(await batchTokens(c, id, owner.key)),
      ...(owner.token && { owner: owner.token }),
    },
    links: batchLinks(id),
    limits: LIMITS,
    firstFile: 0,
    count: batch.files.length,
  };
}

/** Who creates a batch. */
interface Creator {
  /** Key of the owner's object. */
  key: string;
  /** A grant for the owner, where they were not known before. */
  token: string | null;
}

/** The owner whose grant the request brings; a new anonymous one where it brings none, nor needs to. */
async function ownerOf(c: AppContext): Promise<Creator> {
  const grant = tokenOf(c);
  const tokens = tokensOf(c.env);
  if (grant !== null) {
    const { owner } = await tokens.grant(grant);
    return { key: await ownerKey(owner), token: null };
  }
  if (c.env.ACCESS !== "open") {
    throw unauthorized("Send a grant of the app that this server takes uploads for.");
  }
  const owner = crypto.randomUUID();
  return { key: await ownerKey(owner), token: await tokens.forOwner(owner, ownerExpiry()) };
}

/** The owner is told first: they may have used up their quota. */
async function createFor(
  c: AppContext,
  owner: string,
  batch: Omit<NewBatch, "id" | "owner">,
): Promise<BatchResource> {
  const id = newBatchId();
  const isTold = await announceBatch(c, owner, { id, files: batch.files });
  try {
    const client = new BatchClient(c.env, id, c.var.batchCalls);
    return await client.create({ ...batch, owner: { key: owner, isTold } });
  } catch (error) {
    await passOn(c.env, owner, unmadeBatch(id));
    throw error;
  }
}

async function batchTokens(c: AppContext, batch: string, owner: string): Promise<Tokens> {
  const tokens = tokensOf(c.env);
  const expires = tokenExpiry();
  return {
    // Who adds files uses up the owner's quota; who reads need not know whose the batch is.
    write: await tokens.forBatch({ batch, scope: "write", owner }, expires),
    read: await tokens.forBatch({ batch, scope: "read", owner: null }, expires),
  };
}
