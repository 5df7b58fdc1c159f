import type { ClientCode } from "../../client/index.ts";
import { CONTENT_STORES, database, type SavedBatch, keysOf } from "./database.ts";

const GONE: ReadonlySet<ClientCode> = new Set<ClientCode>([
  "batch_not_found",
  "batch_expired",
  "unauthorized",
  "forbidden",
]);

/** Keeps a batch, as it is now; of one that is over the content is kept no longer. */
export async function saveBatch(batch: SavedBatch): Promise<void> {
  const kept = await database();
  await kept.put("batches", batch);
  if (batch.isOver) await deleteContents(batch.id);
}

/** Forgets all that is kept of a batch. */
export async function deleteBatch(id: string): Promise<void> {
  const kept = await database();
  await kept.delete("batches", id);
  await deleteContents(id);
}

/** All batches that are kept, the latest first. Those whose time is up are forgotten first. */
export async function loadBatches(now = Date.now()): Promise<SavedBatch[]> {
  const kept = await database();
  const keys = await Promise.all(CONTENT_STORES.map((store) => kept.getAllKeys(store)));
  const all = await kept.getAll("batches");
  const isTooOld = ({ isOver, expiresAt }: SavedBatch) => !isOver && Date.parse(expiresAt) <= now;
  const left = all.filter((batch) => !isTooOld(batch));
  const unfinished = new Set(left.filter(({ isOver }) => !isOver).map(({ id }) => id));
  // A tab that was closed at the wrong moment may have left something behind.
  const useless = new Set(keys.flat().map(([id]) => id));
  for (const id of unfinished) useless.delete(id);
  await Promise.all([...useless].map((id) => deleteContents(id)));
  await Promise.all(all.filter(isTooOld).map(({ id }) => kept.delete("batches", id)));
  return left.toSorted((a, b) => b.createdAt.localeCompare(a.createdAt));
}

/** Does a problem with this code mean that nobody can go on with the batch from here? */
export function isGone(code: ClientCode): boolean {
  return GONE.has(code);
}

/** Can the batch be gone on with, at least in part, without its files being asked for? */
export async function hasSavedFiles(id: string): Promise<boolean> {
  const kept = await database();
  const counts = await Promise.all(CONTENT_STORES.map((store) => kept.count(store, keysOf(id))));
  return counts.some((count) => count > 0);
}

async function deleteContents(id: string): Promise<void> {
  const kept = await database();
  await Promise.all(CONTENT_STORES.map((store) => kept.delete(store, keysOf(id))));
}
