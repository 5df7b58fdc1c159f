import { Hono } from "hono";
import { CancelFiles, RetryFiles } from "../../protocol/schemas.ts";
import { requireAccess } from "../auth/guard.ts";
import type { AppEnv } from "../context.ts";
import { readOptionalJson } from "../http/json-body.ts";
import type { BatchClient } from "../batches/batch-client.ts";
import { batchResource, singleFileResource } from "../batches/links.ts";
import { removeBatch } from "../batches/remove.ts";
import { retryFiles } from "../batches/reopening.ts";
import { deleteObject } from "../../storage/objects.ts";
import { deleteSheet } from "../../storage/sheets.ts";
import { retryTransient } from "../../storage/retry.ts";
import { fileParam } from "./query.ts";

/** Routes that pause, resume, cancel, retry and delete, and repeat a webhook. */
export const control = new Hono<AppEnv>()
  .post("/:batch/pause", requireAccess("write", "control"), async (c) =>
    c.json(batchResource(c, await c.var.batch.setPaused(true))),
  )

  .post("/:batch/resume", requireAccess("write", "control"), async (c) =>
    c.json(batchResource(c, await c.var.batch.setPaused(false))),
  )

  .post("/:batch/cancel", requireAccess("write", "control"), async (c) => {
    const { batch } = c.var;
    const { files } = await readOptionalJson(c, CancelFiles);
    const cancelled = files === undefined ? batch.cancel() : batch.cancelFiles(files);
    return c.json(batchResource(c, await cancelled));
  })

  .post("/:batch/retry", requireAccess("write", "control"), async (c) => {
    const { files = null } = await readOptionalJson(c, RetryFiles);
    return c.json(batchResource(c, await retryFiles(c.env, c.var.batch, files)));
  })

  .post("/:batch/webhook", requireAccess("write", "control", "operator"), async (c) =>
    c.json(batchResource(c, await c.var.batch.repeatWebhook()), 202),
  )

  .delete("/:batch/files/:file", requireAccess("write", "deletes", "operator"), async (c) => {
    const { batch } = c.var;
    const file = await batch.cancelFile(fileParam(c));
    if (file.state === "cancelled") await deleteCancelled(c.env.BUCKET, batch, file.id);
    return c.json(await singleFileResource(c, batch.id, file));
  })

  .delete("/:batch", requireAccess("write", "deletes", "operator"), async (c) => {
    await removeBatch(c.env, c.var.batch);
    return c.body(null, 204);
  });

/**
 * Deletes the object of a cancelled file, and of the contact sheet that showed it. A request may have stored one and ended before it could
 * report that; one that stores it from now on deletes it itself.
 */
async function deleteCancelled(bucket: R2Bucket, batch: BatchClient, id: number): Promise<void> {
  const file = await batch.storedFile(id);
  const { leftoverSheet } = file;
  await Promise.all([
    retryTransient(() => deleteObject(bucket, file)),
    leftoverSheet === undefined ? null : deleteSheet(bucket, leftoverSheet),
  ]);
}
