import { getSheet, SHEET_TYPE } from "../../storage/sheets.ts";
import type { AppContext } from "../context.ts";
import { attachment } from "../download/attachment.ts";
import { failedCondition } from "../download/conditions.ts";
import { ProblemError } from "../http/problem.ts";

/** A sheet under the address with its etag never changes. */
const IMMUTABLE = "private, max-age=31536000, immutable";

/**
 * Returns a contact sheet. Its fixed type, `nosniff`, `Content-Disposition` and a sandbox keep browsers
 * from running it: the sender's client has drawn it, and only its head was checked.
 *
 * @param version the etag that the address names
 * @throws ProblemError `no_sheet`, `storage_failed`
 */
export async function sendSheet(
  c: AppContext,
  sheet: number,
  version: string | undefined,
): Promise<Response> {
  const { key, etag } = await c.var.batch.sheet(sheet);
  const known = sheetHeaders(sheet, etag, version);
  if (failedCondition(c.req.raw.headers, { etag: `"${etag}"` }) === 304) {
    return new Response(null, { status: 304, headers: known });
  }
  if (c.req.method === "HEAD") return new Response(null, { headers: known });
  const object = await getSheet(c.env.BUCKET, key);
  if (object === null) throw missing(sheet);
  // A newer one may have taken its place.
  return new Response(object.body, { headers: sheetHeaders(sheet, object.etag, version) });
}

function sheetHeaders(sheet: number, etag: string, version: string | undefined): Headers {
  return new Headers({
    "Cache-Control": version === etag ? IMMUTABLE : "private, no-cache",
    "Content-Disposition": attachment(`sheet-${sheet}.webp`),
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Content-Type": SHEET_TYPE,
    "X-Content-Type-Options": "nosniff",
    ETag: `"${etag}"`,
  });
}

function missing(sheet: number): ProblemError {
  return new ProblemError("no_sheet", `Contact sheet ${sheet} is gone; send it again.`);
}
