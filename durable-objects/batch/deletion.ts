import { hasNoParts } from "./file.ts";
import { isTokenEnded, type TokenAccess } from "./access.ts";
import { batchEvent } from "./owner-sync.ts";
import { endedToken, ok, type Refusal, type Result, unknownFiles } from "./refusals.ts";
import type { DeletedBatch } from "./rpc.ts";
import type { OpenBatch } from "./transaction.ts";

/** Cancels the batch. Does nothing if it is completed. */
export function cancelBatch({ tally, commit }: OpenBatch): void {
  if (tally.state !== "completed") tally.cancel(Date.now());
  commit();
}

/** Cancels those of these files that are not settled. Refuses unknown ids, and cancels nothing then. */
export function cancelFiles(
  { tally, apply }: OpenBatch,
  files: readonly number[] | "unfinished",
): Refusal | null {
  const ids = files === "unfinished" ? [...tally.files.keys()] : files;
  const refusal = unknownFiles(tally, ids);
  if (!refusal) apply(ids.map((file) => ({ file, event: "cancelled" })));
  return refusal;
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
