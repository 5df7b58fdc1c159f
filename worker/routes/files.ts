import { Hono } from "hono";
import type { FilePage } from "../../protocol/index.ts";
import { archive } from "../archive/archive.ts";
import { requireAccess } from "../auth/guard.ts";
import type { AppEnv } from "../context.ts";
import { requireInertDestination } from "../download/destination.ts";
import { downloadObject } from "../download/download.ts";
import { anyQuery, openQuery, query } from "../http/query.ts";
import { allowEmbedding } from "../http/response-headers.ts";
import { fileResource, singleFileResource } from "../batches/links.ts";
import { ArchiveQuery, DigestsQuery, fileParam, FilesQuery } from "./query.ts";

/** Routes that list files and return their content. */
export const files = new Hono<AppEnv>()
  .get(
    "/:batch/files",
    requireAccess("read", "polls", "operator"),
    query(FilesQuery),
    async (c) => {
      const selected = c.req.valid("query");
      const { since = null, state = null, name = null, path = null, after = -1, limit } = selected;
      const { batch } = c.var;
      const page = await batch.list({ since, state, name, path, after, limit });
      const response: FilePage = {
        ...page,
        files: page.files.map((file) => fileResource(c, batch.id, file)),
      };
      return c.json(response);
    },
  )

  .get(
    "/:batch/files/:file",
    requireAccess("read", "polls", "operator"),
    query(DigestsQuery),
    async (c) => {
      const { digests } = c.req.valid("query");
      const hasDigests = digests === "true";
      const file = await c.var.batch.file(fileParam(c), hasDigests);
      return c.json(await singleFileResource(c, c.var.batch.id, file, hasDigests));
    },
  )

  .get(
    "/:batch/files/:file/content",
    anyQuery,
    allowEmbedding,
    requireInertDestination,
    requireAccess("read", "content", "operator"),
    async (c) => {
      const file = await c.var.batch.storedFile(fileParam(c));
      return downloadObject(c.env.BUCKET, file, c.req.raw);
    },
  )

  .get(
    "/:batch/archive",
    openQuery(ArchiveQuery),
    requireInertDestination,
    requireAccess("read", "archives", "operator"),
    async (c) => {
      const { ids = null } = c.req.valid("query");
      return archive(c, ids);
    },
  );
