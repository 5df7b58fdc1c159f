import { hasNoParts } from "./file.ts";
import { isTokenEnded, type TokenAccess } from "./access.ts";
import { batchEvent } from "./owner-sync.ts";
import { endedToken, ok, type Refusal, type Result, unknownFiles } from "./refusals.ts";
import type { DeletedBatch } from "./rpc.ts";
import type { Sheets } from "./sheets.ts";
import type { OpenBatch } from "./transaction.ts";

/**
 * Cancels the batch, and removes the contact sheets that show files which are not stored. Does nothing if
 * it is completed.
 */
export function cancelBatch(batch: OpenBatch, sheets: Sheets): void {
  const { tally, commit } = batch;
  if (tally.state !== "completed") {
    sheets.forgetUnstored(batch);
    tally.cancel(Date.now());
  }
  commit();
}

/**
 * Cancels those of these files that are not settled, and removes the contact sheets that show them. Refuses
 * unknown ids, and cancels nothing then.
 */
export function cancelFiles(
  batch: OpenBatch,
  files: readonly number[] | "unfinished",
  sheets: Sheets,
): Refusal | null {
  const { tally, apply } = batch;
  const isCancelled = (id: number): boolean => tally.files[id]?.state === "cancelled";
  const ids = files === "unfinished" ? [...tally.files.keys()] : files;
  const refusal = unknownFiles(tally, ids);
  if (refusal) return refusal;
  const others = ids.filter((id) => !isCancelled(id));
  apply(ids.map((file) => ({ file, event: "cancelled" })));
  sheets.forget(batch, others.filter(isCancelled));
  return null;
}

/** Cancels files, also settled ones, and deletes the records of their parts. */
export function deleteFiles({ tally, store, apply }: OpenBatch, ids: readonly number[]): void {
  apply(ids.map((file) => ({ file, event: "cancelled", deletes: true })));
  for (const id of ids) {
    const file = tally.files[id];
    if (file && hasNoParts(file)) store.deleteParts(id);
  }
}

/** Deletes a batch, also one that has expired. Returns the event for its owner, and its folder in R2. */
export function deleteBatch(
  { config, tally, lifetimes, commit }: OpenBatch,
  access: TokenAccess | undefined,
): Result<DeletedBatch> {
  if (isTokenEnded(tally, access, lifetimes)) return endedToken();
  tally.delete(Date.now());
  commit();
  const { folder, owner } = config;
  return ok({ event: batchEvent(config, tally), folder, ...(owner !== undefined && { owner }) });
}
