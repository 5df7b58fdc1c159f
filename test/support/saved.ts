import type { Page } from "playwright-core";
import * as v from "valibot";
import { expect } from "vitest";
import { BatchApi } from "../../client/api/batch-api.ts";

const Saved = v.object({
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

/** The data that the page saves in the browser to resume its batches. */
export interface SavedState extends Omit<v.InferOutput<typeof Saved>, "packs"> {
  /** Ids of the files whose bytes are saved. */
  files: number[];
}

declare global {
  /** Opens the page's database. Resolves with null if there is none. */
  var openSavedDatabase: () => Promise<IDBDatabase | null>;
  var settleRequest: (request: IDBRequest) => Promise<unknown>;
  /** True while changes of it wait. */
  var isSavingHeld: boolean;
}

/** Defines the functions with which tests read the database, in every document of the page. */
export async function exposeSaved(page: Page): Promise<void> {
  await page.addInitScript(() => {
    globalThis.settleRequest = (request) =>
      new Promise((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(new Error(String(request.error)));
      });
    globalThis.openSavedDatabase = async () => {
      // Opening would create it, and the page would find it without stores.
      const all = await indexedDB.databases();
      if (all.length === 0) return null;
      const opening = indexedDB.open("tallyman");
      await globalThis.settleRequest(opening);
      return opening.result;
    };
  });
}

/** Reads the saved data from the browser's database. */
export async function readSaved(page: Page): Promise<SavedState> {
  const read = await page.evaluate(async () => {
    const database = await globalThis.openSavedDatabase();
    if (database === null) return { batches: [], packs: [], handles: 0 };
    const stored = database.transaction(["batches", "packs", "handles"]);
    const [batches, packs, handles] = await Promise.all([
      globalThis.settleRequest(stored.objectStore("batches").getAll()),
      globalThis.settleRequest(stored.objectStore("packs").getAll()),
      globalThis.settleRequest(stored.objectStore("handles").count()),
    ]);
    database.close();
    return { batches, packs, handles };
  });
  const { batches, packs, handles } = v.parse(Saved, read);
  return { batches, handles, files: packs.flatMap(({ files }) => files) };
}

/**
 * Makes the page wait whenever it saves something, as a slow disk does.
 *
 * @returns ends that
 */
export async function holdSaving(page: Page): Promise<() => Promise<void>> {
  await page.evaluate(async () => {
    const database = await globalThis.openSavedDatabase();
    const batches = database?.transaction("batches", "readwrite").objectStore("batches");
    globalThis.isSavingHeld = true;
    // Changes wait for the end of this transaction, which ends without a further request.
    const hold = (): void => {
      const request = globalThis.isSavingHeld ? batches?.count() : undefined;
      if (request) request.onsuccess = hold;
    };
    hold();
  });
  return () => page.evaluate(() => void (globalThis.isSavingHeld = false));
}

/** Waits until one batch is saved. Returns its API. */
export async function savedBatch(page: Page): Promise<BatchApi> {
  await expect.poll(async () => (await readSaved(page)).batches).toHaveLength(1);
  const [batch] = (await readSaved(page)).batches;
  const { origin } = new URL(page.url());
  const { signal } = new AbortController();
  return new BatchApi(origin, batch?.id ?? "", batch?.tokens.write ?? "", signal);
}
