import { Hono } from "hono";
import type { FilePage } from "../../protocol/index.ts";
import { requireAccess } from "../access/guard.ts";
import type { AppEnv } from "../context.ts";
import { downloadObject } from "../storage/download.ts";
import { fileResource } from "../links.ts";
import { fileParam, FilesQuery, parseQuery } from "./query.ts";

/** A batch's files, and their content. */
export const files = new Hono<AppEnv>()
  .get("/:batch/files", requireAccess("read"), async (c) => {
    const { since = null, state = null, after = -1, limit } = parseQuery(c, FilesQuery);
    const page = await c.var.batch.list({ since, state, after, limit });
    const answer: FilePage = {
      ...page,
      files: page.files.map((file) => fileResource(c.var.batch.id, file)),
    };
    return c.json(answer);
  })

  .get("/:batch/files/:file", requireAccess("read"), async (c) =>
    c.json(fileResource(c.var.batch.id, await c.var.batch.file(fileParam(c)))),
  )

  .get("/:batch/files/:file/content", requireAccess("read"), async (c) => {
    const file = await c.var.batch.file(fileParam(c));
    return downloadObject(c.env.BUCKET, c.var.batch.id, file, c.req.raw.headers);
  });
