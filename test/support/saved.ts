import type { Page } from "playwright-core";
import * as v from "valibot";
import { expect } from "vitest";
import { BatchApi } from "../../client/api/batch-api.ts";

const Kept = v.object({
  batches: v.array(
    v.looseObject({
      id: v.string(),
      isOver: v.boolean(),
      tokens: v.object({ write: v.string(), read: v.string() }),
    }),
  ),
  packs: v.array(v.object({ files: v.array(v.number()) })),
  handles: v.number(),
});

/** What the page keeps in the browser to come back to its batches. */
export interface Kept extends Omit<v.InferOutput<typeof Kept>, "packs"> {
  /** Ids of the files whose bytes are kept. */
  files: number[];
}

declare global {
  /** The page's database; null before there is one. */
  var openKept: () => Promise<IDBDatabase | null>;
  var settled: (request: IDBRequest) => Promise<unknown>;
}

/** Lets tests see what pages of this context keep. */
export async function showKept(page: Page): Promise<void> {
  await page.addInitScript(() => {
    globalThis.settled = (request) =>
      new Promise((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(new Error(String(request.error)));
      });
    globalThis.openKept = async () => {
      // Opening it would make it, and the page would find it empty.
      const all = await indexedDB.databases();
      if (all.length === 0) return null;
      const opening = indexedDB.open("tallyman");
      await globalThis.settled(opening);
      return opening.result;
    };
  });
}

/** Reads what the page keeps, as it is in the browser's database. */
export async function keptBy(page: Page): Promise<Kept> {
  const read = await page.evaluate(async () => {
    const database = await globalThis.openKept();
    if (database === null) return { batches: [], packs: [], handles: 0 };
    const stored = database.transaction(["batches", "packs", "handles"]);
    const [batches, packs, handles] = await Promise.all([
      globalThis.settled(stored.objectStore("batches").getAll()),
      globalThis.settled(stored.objectStore("packs").getAll()),
      globalThis.settled(stored.objectStore("handles").count()),
    ]);
    database.close();
    return { batches, packs, handles };
  });
  const { batches, packs, handles } = v.parse(Kept, read);
  return { batches, handles, files: packs.flatMap(({ files }) => files) };
}

/** The one batch that is kept, on the server. */
export async function batchOnServer(page: Page): Promise<BatchApi> {
  await expect.poll(async () => (await keptBy(page)).batches).toHaveLength(1);
  const [batch] = (await keptBy(page)).batches;
  const { origin } = new URL(page.url());
  const { signal } = new AbortController();
  return new BatchApi(origin, batch?.id ?? "", batch?.tokens.write ?? "", signal);
}

/** Has the time of the batches be up that are kept. The page itself would keep them as they are. */
export async function letExpire(page: Page): Promise<void> {
  const { batches } = await keptBy(page);
  await page.evaluate(async (changed) => {
    const database = await globalThis.openKept();
    const store = database?.transaction("batches", "readwrite").objectStore("batches");
    const expiresAt = new Date(0).toISOString();
    for (const batch of changed) {
      if (store) await globalThis.settled(store.put({ ...batch, expiresAt }));
    }
    database?.close();
  }, batches);
}
