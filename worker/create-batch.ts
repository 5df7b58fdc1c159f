import { type CreatedBatch, LIMITS, type Metadata, type Tokens } from "../protocol/index.ts";
import type { FileDeclaration } from "../protocol/schemas.ts";
import { tokenOf, tokensOf } from "./access/guard.ts";
import { unauthorized } from "./access/tokens.ts";
import { BatchClient } from "./batch-client.ts";
import { newBatchId } from "./batch-id.ts";
import type { AppContext } from "./context.ts";
import { ownerExpiry, tokenExpiry } from "./lifetimes.ts";
import { batchLinks } from "./links.ts";

/**
 * Creates a batch for whoever may create one.
 *
 * @throws ProblemError `unauthorized` with an invalid grant, or without one where one is needed
 */
export async function createBatch(
  c: AppContext,
  batch: { metadata: Metadata; files: FileDeclaration[]; sealed: boolean },
): Promise<CreatedBatch> {
  const owner = await ownerTokenFor(c);
  const client = new BatchClient(c.env, newBatchId(), c.var.batchCalls);
  const created = await client.create(batch);
  const { id, rev, state, createdAt, expiresAt } = created;
  return {
    id,
    rev,
    state,
    createdAt,
    expiresAt,
    tokens: { ...(await batchTokens(c, id)), ...(owner !== null && { owner }) },
    links: batchLinks(id),
    limits: LIMITS,
    firstFile: 0,
    count: batch.files.length,
  };
}

/** A grant for a new anonymous owner, where the request brings none and none is needed. */
async function ownerTokenFor(c: AppContext): Promise<string | null> {
  const grant = tokenOf(c);
  if (grant !== null) {
    await tokensOf(c.env).grant(grant);
    return null;
  }
  if (c.env.ACCESS === "open") {
    return tokensOf(c.env).forOwner(crypto.randomUUID(), ownerExpiry());
  }
  throw unauthorized("Send a grant of the app that this server takes uploads for.");
}

async function batchTokens(c: AppContext, batch: string): Promise<Tokens> {
  const tokens = tokensOf(c.env);
  const expires = tokenExpiry();
  return {
    write: await tokens.forBatch(batch, "write", expires),
    read: await tokens.forBatch(batch, "read", expires),
  };
}
