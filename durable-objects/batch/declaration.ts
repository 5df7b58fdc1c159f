import type { FileDeclaration } from "../../protocol/schemas.ts";
import { excess, isNothing, NOTHING } from "../owner/amount.ts";
import type { Amount } from "../owner/messages.ts";
import { encodedName } from "../owner/names.ts";
import { type BatchLimits, countedAmount, countedBytes, declaredFiles } from "./limits.ts";
import {
  declareRefusal,
  idempotencyMismatch,
  ok,
  type Refusal,
  type Result,
  unknownFiles,
} from "./refusals.ts";
import { isReplaceable, replacedBy, replaceFiles } from "./replacement.ts";
import type { Declaration, NewFiles } from "./rpc.ts";
import type { DeclaringCall } from "./store.ts";
import type { OpenBatch } from "./transaction.ts";

/**
 * Declares files, all of them or none. A repeated call declares nothing and gets the first result.
 *
 * @param confirm called if the owner has reserved quota for them, which has to be confirmed
 */
export function declareFiles(
  batch: OpenBatch,
  { key, digest, files, firstFile = null, isCheck = false, reservation, reserved }: NewFiles,
  limits: BatchLimits,
  confirm: () => void,
): Result<Declaration> {
  const { tally, store, commit } = batch;
  const earlier = store.declared(key);
  if (earlier) return repeatedDeclaration(earlier, digest);
  const refusal = refusalOf(tally, { files, firstFile }, limits);
  if (refusal) return refusal;
  if (isCheck) return ok(checkFiles(batch, files, limits));
  const missing = reserved && unreserved(batch, files, limits, reserved);
  if (missing) return ok(missing);
  replaceFiles(batch, files);
  const first = addFiles(batch, files, limits);
  if (reservation !== undefined) confirm();
  commit();
  const declared = { firstFile: first, count: files.length, rev: tally.batch.rev };
  store.saveDeclared(key, { ...declared, ...(digest !== undefined && { digest }) });
  return ok(declared);
}

function refusalOf(
  tally: OpenBatch["tally"],
  { files, firstFile }: Required<Pick<NewFiles, "files" | "firstFile">>,
  limits: BatchLimits,
): Refusal | null {
  const refusal = declareRefusal(tally, { count: files.length, firstFile }, limits);
  return refusal ?? unknownFiles(tally, replacedBy(files));
}

/**
 * Returns what the files need, if that is more than is reserved. Files that were cancelled since the check
 * make room within the batch's limit of bytes, so that it accepts files which the check has not counted.
 */
function unreserved(
  batch: OpenBatch,
  files: readonly FileDeclaration[],
  limits: BatchLimits,
  reserved: Amount,
): Declaration | null {
  if (limits.bytes === Infinity) return null;
  const checked = checkFiles(batch, files, limits);
  return isNothing(excess(checked.needs ?? NOTHING, reserved)) ? null : checked;
}

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

/** Returns the result of the first call with the same key. Refuses another body. */
function repeatedDeclaration(
  { digest: first, ...declared }: DeclaringCall,
  digest: string | undefined,
): Result<Declaration> {
  const isOther = first !== undefined && digest !== undefined && first !== digest;
  return isOther ? idempotencyMismatch() : ok(declared);
}

/**
 * Returns the result that declaring these files would have now, the quota that they need, and the owner
 * who has to reserve it.
 */
function checkFiles(
  { config: { owner, ownerEndsAt, metadata }, tally }: OpenBatch,
  files: readonly FileDeclaration[],
  limits: BatchLimits,
): Declaration {
  const replaced = new Set(replacedBy(files));
  const others = tally.files.filter((file, id) => !replaced.has(id) || !isReplaceable(file));
  const needs = countedAmount(declaredFiles(files, limits, countedBytes(others)));
  const { rev, createdAt } = tally.batch;
  const declared = { firstFile: tally.files.length, count: files.length, rev };
  return {
    ...declared,
    needs,
    createdAt,
    name: encodedName(metadata),
    ...(owner !== undefined && { owner }),
    ...(ownerEndsAt !== undefined && { ownerEndsAt }),
  };
}
