import { serverNow } from "../../client/api/server-time.ts";
import type { ClientCode } from "../../client/index.ts";
import { DAY_MS } from "../../protocol/index.ts";
import { change, CONTENT_STORES, database, keysOf, type SavedBatch } from "./database.ts";

/** Not `forbidden`: the operator can unblock a batch. */
const GONE: ReadonlySet<ClientCode> = new Set<ClientCode>([
  "batch_not_found",
  "batch_expired",
  "unauthorized",
  "token_revoked",
]);

/** How long the record of a deleted batch is listed. */
const DELETED_MS = 7 * DAY_MS;

type ReadingTokens = Omit<SavedBatch["tokens"], "write">;

/** Tokens that this page has replaced since it opened the batch, by the batch's id. */
const replacedTokens = new Map<string, ReadingTokens>();

/** Saves a batch's record. Once the batch is over, the contents of its files are deleted. */
export async function saveBatch(batch: SavedBatch): Promise<void> {
  await change(async (saved) => {
    const known = await saved.get("batches", batch.id);
    const { owner: tabOwner, tokens, ...record } = batch;
    const { pictures } = known ?? {};
    // A batch that is resumed keeps its owner, whatever grant this tab has.
    const owner = known ? known.owner : tabOwner;
    await saved.put("batches", {
      ...(pictures && { pictures }),
      ...record,
      tokens: currentTokens(batch.id, tokens),
      ...(owner !== undefined && { owner }),
    });
  });
  if (batch.isOver) await deleteContents(batch.id);
}

/** Saves the tokens for reading a batch after its share link was ended or renewed. */
export async function saveTokens(id: string, tokens: ReadingTokens): Promise<void> {
  replacedTokens.set(id, tokens);
  await change(async (saved) => {
    const known = await saved.get("batches", id);
    if (known) await saved.put("batches", { ...known, tokens: currentTokens(id, known.tokens) });
  });
}

/** Saves a row of tiny pictures with a batch's record, if it has one. */
export async function savePictures(id: string, pictures: Blob): Promise<void> {
  await change(async (saved) => {
    const known = await saved.get("batches", id);
    if (known) await saved.put("batches", { ...known, pictures });
  });
}

function currentTokens(id: string, { write, ...others }: SavedBatch["tokens"]) {
  return { write, ...(replacedTokens.get(id) ?? others) };
}

/**
 * Records that the batch was deleted on the server, so that the list of recent batches can say so for a
 * while. A batch that ended before it had a record is forgotten.
 */
export async function markDeleted(id: string): Promise<void> {
  const deletedAt = new Date(serverNow()).toISOString();
  await change(async (saved) => {
    const known = await saved.get("batches", id);
    if (known === undefined) return;
    const { pictures: _, ...record } = known;
    await saved.put("batches", { ...record, isOver: true, deletedAt });
  });
  await deleteContents(id);
}

/** Forgets a batch that the server no longer opens. @param code one for which `isGone` is true */
export function forgetBatch(id: string, code: ClientCode): Promise<void> {
  return code === "batch_not_found" ? markDeleted(id) : deleteBatch(id);
}

/** Deletes a batch's record and contents. */
async function deleteBatch(id: string): Promise<void> {
  await change((saved) => saved.delete("batches", id));
  await deleteContents(id);
}

/** Returns the record of a batch that was uploaded from this browser; null if there is none. */
export async function loadBatch(id: string): Promise<SavedBatch | null> {
  try {
    return (await (await database()).get("batches", id)) ?? null;
  } catch {
    return null;
  }
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
  const batches = await withoutForgotten(await saved.getAll("batches"));
  const unfinished = new Set(batches.filter(({ isOver }) => !isOver).map(({ id }) => id));
  // A tab that closed while it was saving may have left contents without a batch.
  const orphans = new Set(keys.flat().map(([id]) => id));
  for (const id of unfinished) orphans.delete(id);
  await Promise.all([...orphans].map((id) => deleteContents(id)));
  return batches.toSorted((a, b) => b.createdAt.localeCompare(a.createdAt));
}

/** Deletes the records of batches that were deleted on the server some time ago. */
async function withoutForgotten(batches: readonly SavedBatch[]): Promise<readonly SavedBatch[]> {
  await Promise.all(batches.filter(isForgotten).map(({ id }) => deleteBatch(id)));
  return batches.filter((batch) => !isForgotten(batch));
}

function isForgotten({ deletedAt }: SavedBatch): boolean {
  return deletedAt !== undefined && Date.parse(deletedAt) + DELETED_MS < serverNow();
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
