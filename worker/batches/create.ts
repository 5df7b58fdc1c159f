import type { BatchResource, CreatedBatch, Metadata } from "../../protocol/index.ts";
import type { FileDeclaration } from "../../protocol/schemas.ts";
import { type NewBatch, batchLimits } from "../../durable-objects/index.ts";
import type { Creator } from "../auth/owner.ts";
import { announcedLimits } from "./announced-limits.ts";
import { batchClient } from "./batch-client.ts";
import type { AppContext } from "../context.ts";
import { checkCount } from "./declarations.ts";
import { batchLinks, newBatchId } from "./links.ts";
import { reserveBatchQuota, notifyOwner, forgetEvent } from "./owners.ts";
import { newToken } from "./tokens.ts";

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
      write: await newToken(c.env, { id }, "write"),
      read: await newToken(c.env, { id }, "read"),
      live: await newToken(c.env, { id }, "live"),
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
