import * as v from "valibot";
import { FileDeclaration } from "../../protocol/schemas.ts";
import { type EntryError, LIMITS, MAX_LISTED_ERRORS, usesParts } from "../../protocol/index.ts";
import { settings } from "../../durable-objects/index.ts";
import { ProblemError } from "../http/problem.ts";

/**
 * Validates the files of a declaration. One invalid entry refuses all of them.
 *
 * @throws ProblemError `too_many_files`, or `invalid_files` with an error for each invalid entry
 */
export function parseDeclarations(env: Env, entries: readonly unknown[]): FileDeclaration[] {
  checkCount(entries, LIMITS.declareFiles);
  const errors: EntryError[] = [];
  const files: FileDeclaration[] = [];
  for (const [index, entry] of entries.entries()) {
    const result = v.safeParse(FileDeclaration, entry);
    const detail = result.success ? digestError(env, result.output) : result.issues[0].message;
    if (detail !== null) errors.push({ index, detail });
    else if (result.success) files.push(result.output);
  }
  if (errors.length > 0) throw invalidFiles(errors);
  return files;
}

/** Returns why the digest of a file will not be checked; null if it will be, or none is declared. */
function digestError(env: Env, { size, sha256 }: FileDeclaration): string | null {
  const { checkBytes } = settings(env);
  if (sha256 === undefined || !usesParts(size) || checkBytes === null || size <= checkBytes)
    return null;
  return `The sha256 of a file of ${size} bytes is not checked, only up to ${checkBytes} bytes; declare the file without it and compare \`parts.digest\` after the upload.`;
}

/** @throws ProblemError `too_many_files` */
export function checkCount(entries: readonly unknown[], max: number): void {
  if (entries.length <= max) return;
  throw new ProblemError(
    "too_many_files",
    `The declaration has ${entries.length} files; declare at most ${max} in one batch.`,
  );
}

function invalidFiles(errors: readonly EntryError[]): ProblemError {
  const detail = `${errors.length} files are invalid and none was declared; correct those listed in errors.`;
  return new ProblemError("invalid_files", detail, { errors: errors.slice(0, MAX_LISTED_ERRORS) });
}
