import { Hono } from "hono";
import type { AppEnv } from "../context.ts";
import { notModified } from "../http/not-modified.ts";

/** A deployment changes the document, so caches ask again after a while. */
const CACHE_CONTROL = "public, max-age=300";

let written: string | null = null;

/** The OpenAPI document. `/docs` shows it. */
export const openapi = new Hono<AppEnv>().get("/", notModified, async (c) => {
  // Not as a promise: one request can't wait for the I/O of another.
  written ??= await writeDocument();
  c.header("Cache-Control", CACHE_CONTROL);
  return c.body(written, 200, { "Content-Type": "application/json" });
});

/** Loaded on demand: the schemas and their converter are of no use to other requests. */
async function writeDocument(): Promise<string> {
  const { openapiDocument } = await import("../openapi/document.ts");
  return JSON.stringify(await openapiDocument());
}
