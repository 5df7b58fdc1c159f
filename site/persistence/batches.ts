import type { ClientCode } from "../../client/index.ts";
import { change, CONTENT_STORES, database, keysOf, type SavedBatch } from "./database.ts";

const GONE: ReadonlySet<ClientCode> = new Set<ClientCode>([
  "batch_not_found",
  "batch_expired",
  "unauthorized",
  "forbidden",
]);

/** Saves a batch's record. Once the batch is over, the contents of its files are deleted. */
export async function saveBatch(batch: SavedBatch): Promise<void> {
  await change(async (saved) => {
    const known = await saved.get("batches", batch.id);
    const { owner: tabOwner, ...record } = batch;
    // A batch that is resumed keeps its owner, whatever grant this tab has.
    const owner = known ? known.owner : tabOwner;
    await saved.put("batches", { ...record, ...(owner !== undefined && { owner }) });
  });
  if (batch.isOver) await deleteContents(batch.id);
}

/** Deletes a batch's record and contents. */
export async function deleteBatch(id: string): Promise<void> {
  await change((saved) => saved.delete("batches", id));
  await deleteContents(id);
}

/** True if the batch was uploaded from this browser. */
export async function isSaved(id: string): Promise<boolean> {
  try {
    return (await (await database()).getKey("batches", id)) !== undefined;
  } catch {
    return false;
  }
}

/**
 * Returns all saved batches, the latest first. Only the server knows which have expired: this device's
 * clock may be wrong, and activity on another device renews them.
 */
export async function loadBatches(): Promise<SavedBatch[]> {
  const saved = await database();
  const keys = await Promise.all(CONTENT_STORES.map((store) => saved.getAllKeys(store)));
  const batches = await saved.getAll("batches");
  const unfinished = new Set(batches.filter(({ isOver }) => !isOver).map(({ id }) => id));
  // A tab that closed while it was saving may have left contents without a batch.
  const orphans = new Set(keys.flat().map(([id]) => id));
  for (const id of unfinished) orphans.delete(id);
  await Promise.all([...orphans].map((id) => deleteContents(id)));
  return batches.toSorted((a, b) => b.createdAt.localeCompare(a.createdAt));
}

/** True if a problem with this code means that the batch can't be resumed from this browser. */
export function isGone(code: ClientCode): boolean {
  return GONE.has(code);
}

/** True if some of the batch's files can be resumed without choosing them again. */
export async function hasSavedFiles(id: string): Promise<boolean> {
  const saved = await database();
  const counts = await Promise.all(CONTENT_STORES.map((store) => saved.count(store, keysOf(id))));
  return counts.some((count) => count > 0);
}

async function deleteContents(id: string): Promise<void> {
  await change((saved) =>
    Promise.all(CONTENT_STORES.map((store) => saved.delete(store, keysOf(id)))),
  );
}
