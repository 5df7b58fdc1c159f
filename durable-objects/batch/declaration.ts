import type { FileDeclaration } from "../../protocol/schemas.ts";
import { type BatchLimits, countedAmount, countedBytes, declaredFiles } from "./limits.ts";
import type { Declaration } from "./rpc.ts";
import type { OpenBatch } from "./transaction.ts";

/** Adds declared files to the tally and the manifest. @returns the id of the first */
export function addFiles(
  { tally, store }: OpenBatch,
  files: readonly FileDeclaration[],
  limits: BatchLimits,
): number {
  const firstFile = tally.declare(declaredFiles(files, limits, countedBytes(tally.files)));
  store.appendManifest(firstFile, files);
  return firstFile;
}

/**
 * Returns the result that declaring these files would have now, the quota that they need, and the owner
 * who has to reserve it.
 */
export function checkFiles(
  { config: { owner }, tally }: OpenBatch,
  files: readonly FileDeclaration[],
  limits: BatchLimits,
): Declaration {
  const needs = countedAmount(declaredFiles(files, limits, countedBytes(tally.files)));
  const declared = { firstFile: tally.files.length, count: files.length, rev: tally.batch.rev };
  return { ...declared, needs, ...(owner !== undefined && { owner }) };
}
