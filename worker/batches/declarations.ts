import * as v from "valibot";
import { FileDeclaration } from "../../protocol/schemas.ts";
import { type EntryError, LIMITS, MAX_LISTED_ERRORS } from "../../protocol/index.ts";
import { ProblemError } from "../http/problem.ts";

/**
 * Validates the files of a declaration. One invalid entry refuses all of them.
 *
 * @throws ProblemError `too_many_files`, or `invalid_files` with an error for each invalid entry
 */
export function parseDeclarations(entries: readonly unknown[]): FileDeclaration[] {
  checkCount(entries, LIMITS.files);
  const errors: EntryError[] = [];
  const files: FileDeclaration[] = [];
  for (const [index, entry] of entries.entries()) {
    const result = v.safeParse(FileDeclaration, entry);
    if (result.success) files.push(result.output);
    else errors.push({ index, detail: result.issues[0].message });
  }
  if (errors.length > 0) throw invalidFiles(errors);
  return files;
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
