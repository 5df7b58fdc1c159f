import { Hono } from "hono";
import { AddFiles, ChangeBatch, CreateBatch } from "../../protocol/schemas.ts";
import { type BatchList, LIMITS } from "../../protocol/index.ts";
import { requireAccess } from "../auth/guard.ts";
import type { Rate } from "../auth/rate-limit.ts";
import { createBatch, createKeyedBatch, type RepeatedBatch } from "../batches/create.ts";
import { creationKey, idempotencyKey } from "../batches/idempotency.ts";
import { requireOwner, resolveCreator } from "../auth/owner.ts";
import type { AppContext, AppEnv } from "../context.ts";
import { parseDeclarations } from "../batches/declarations.ts";
import { readDigestedJson, readJson } from "../http/json-body.ts";
import { notModified } from "../http/not-modified.ts";
import { ProblemError } from "../http/problem.ts";
import { query } from "../http/query.ts";
import { nextStatus } from "../live/long-poll.ts";
import { batchResource } from "../batches/links.ts";
import { declareFiles, listBatches } from "../batches/owners.ts";
import { BatchesQuery, WaitQuery } from "./query.ts";

/** Routes that create batches, declare their files and return their status. */
export const batches = new Hono<AppEnv>()
  .post("/", async (c) => {
    const creator = await resolveCreator(c);
    const key = creationKey(c);
    const { body, digest } = await readDigestedJson(c, CreateBatch, LIMITS.declareBytes);
    const { metadata = {}, location, keepDays } = body;
    const files = parseDeclarations(c.env, body.files ?? []);
    const sealed = body.sealed ?? files.length > 0;
    const batch = {
      metadata,
      files,
      sealed,
      ...(location && { location }),
      ...(keepDays !== undefined && { keepDays }),
    };
    const created: RepeatedBatch =
      key === null
        ? await createBatch(c, creator, batch)
        : (await createKeyedBatch(c, creator, batch, { key, digest })).created;
    return c.json(created, 201, { Location: created.links.self });
  })

  .get("/", query(BatchesQuery), async (c) => {
    const owner = await requireOwner(c);
    const list: BatchList = await listBatches(c, owner.key, c.req.valid("query"));
    c.header("Cache-Control", "no-store");
    return c.json(list);
  })

  .get(
    "/:batch",
    requireAccess("read", statusRate, "operator"),
    query(WaitQuery),
    notModified,
    async (c) => {
      const { since, wait } = c.req.valid("query");
      if (wait && since === undefined) throw missingSince();
      const { batch, isOperator, isReader } = c.var;
      const read = () => (isOperator ? batch.operatorStatus() : batch.status());
      const mayWait = c.req.method === "GET" && wait && since !== undefined;
      const status = mayWait
        ? await nextStatus({ batch, read, since, seconds: wait }, c.req.raw.signal)
        : await read();
      // Responses to others have other fields, so a cache must not confirm one for another.
      const kind = isOperator ? "-operator" : "";
      c.header("ETag", `"${status.rev}${isReader ? "-read" : kind}"`);
      c.header("Cache-Control", "private, no-cache");
      return c.json(batchResource(c, status));
    },
  )

  .patch("/:batch", requireAccess("write", "control"), async (c) => {
    const { batch } = c.var;
    const change = await readJson(c, ChangeBatch);
    if (change.metadata) return c.json(batchResource(c, await batch.change(change)));
    const changed = change.sealed ? batch.seal() : batch.status();
    return c.json(batchResource(c, await changed));
  })

  .post("/:batch/files", requireAccess("write", "declaring"), async (c) => {
    const key = idempotencyKey(c);
    const { body, digest } = await readDigestedJson(c, AddFiles, LIMITS.declareBytes);
    const { firstFile = null } = body;
    const files = parseDeclarations(c.env, body.files);
    // The platform may repeat a call without a key as well.
    const call = key === null ? { key: crypto.randomUUID() } : { key, digest };
    return c.json(await declareFiles(c.env, c.var.batch, { ...call, files, firstFile }), 201);
  });

/** A poll that waits opens a live connection in the Batch. */
function statusRate(c: AppContext): Rate {
  return c.req.query("wait") === undefined ? "polls" : "longPolls";
}

function missingSince(): ProblemError {
  const detail =
    "The query has `wait` without `since`; add the rev that you know: `?since=REV&wait=…`.";
  return new ProblemError("malformed_request", detail);
}
