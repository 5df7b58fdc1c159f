import { Hono } from "hono";
import { requireAccess } from "../auth/guard.ts";
import type { AppContext, AppEnv } from "../context.ts";
import { requireInertDestination } from "../download/destination.ts";
import { ProblemError } from "../http/problem.ts";
import { anyQuery, openQuery } from "../http/query.ts";
import { allowEmbedding } from "../http/response-headers.ts";
import { sendSheet } from "../sheets/get-sheet.ts";
import { receiveSheet } from "../sheets/put-sheet.ts";
import { SheetQuery } from "./query.ts";

/** Routes of a batch's contact sheets. */
export const sheets = new Hono<AppEnv>()
  .get(
    "/:batch/sheets/:n",
    openQuery(SheetQuery),
    allowEmbedding,
    requireInertDestination,
    requireAccess("read", "content", "operator"),
    async (c) => sendSheet(c, sheetParam(c), c.req.valid("query").v),
  )

  .put("/:batch/sheets/:n", anyQuery, requireAccess("write", "uploads"), async (c) => {
    const receiving = receiveSheet(c, sheetParam(c));
    // A client that disconnects leaves no object that the Batch doesn't know.
    c.executionCtx.waitUntil(receiving.catch(() => undefined));
    return c.body(null, 204, { ETag: `"${await receiving}"` });
  });

/** @throws ProblemError `no_sheet` for an invalid number */
function sheetParam(c: AppContext): number {
  const text = c.req.param("n") ?? "";
  if (/^\d{1,5}$/u.test(text)) return Number(text);
  const detail = "The path has no valid number of a contact sheet; use a number from 0.";
  throw new ProblemError("no_sheet", detail);
}
