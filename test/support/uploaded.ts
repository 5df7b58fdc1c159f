import { setTimeout as sleep } from "node:timers/promises";
import type { Page, Response } from "playwright-core";
import { isBatch, isCreatedBatch, isFilePage } from "../../client/api/guards.ts";
import { parseJson } from "../../client/api/request.ts";
import type { CreatedBatch } from "../../protocol/index.ts";

const POLL_MS = 100;

/**
 * Returns a function that waits until the page's next batch is completed, and returns the paths of its
 * files in order.
 *
 * @param origin of the server, as the page's own may be a name that only the browser knows
 */
export function nextUpload(page: Page, origin: string): () => Promise<string[]> {
  const response = page.waitForResponse(isCreation);
  return async () => {
    const created = parseJson(await (await response).text());
    if (!isCreatedBatch(created)) throw new Error("The batch was not created.");
    const url = `${origin}/v1/batches/${created.id}`;
    while (!(await isCompleted(url, created))) await sleep(POLL_MS);
    return (await pathsOf(url, created)).toSorted();
  };
}

function isCreation(response: Response): boolean {
  const { pathname } = new URL(response.url());
  return response.request().method() === "POST" && pathname === "/v1/batches";
}

async function isCompleted(url: string, created: CreatedBatch): Promise<boolean> {
  const batch = await get(url, created);
  return isBatch(batch) && batch.state === "completed";
}

async function pathsOf(url: string, created: CreatedBatch, after = ""): Promise<string[]> {
  const page = await get(`${url}/files?limit=1000${after}`, created);
  if (!isFilePage(page)) throw new Error("The files could not be listed.");
  const paths = page.files.map(({ name, path }) => path ?? name);
  const { next } = page;
  return next === null ? paths : [...paths, ...(await pathsOf(url, created, `&after=${next}`))];
}

async function get(url: string, { tokens }: CreatedBatch): Promise<unknown> {
  const response = await fetch(url, { headers: { authorization: `Bearer ${tokens.read}` } });
  return parseJson(await response.text());
}
