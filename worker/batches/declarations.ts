import * as v from "valibot";
import { FileDeclaration } from "../../protocol/schemas.ts";
import { type EntryError, LIMITS, MAX_LISTED_ERRORS } from "../../protocol/index.ts";
import { ProblemError } from "../http/problem.ts";

/**
 * The files of a declaring call, checked: all of them or none.
 *
 * @throws ProblemError `too_many_files`, or `invalid_files` with what is wrong with which entry
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
export function checkCount(entries: readonly unknown[], most: number): void {
  if (entries.length <= most) return;
  throw new ProblemError(
    "too_many_files",
    `Declare at most ${most} files in one batch: these are ${entries.length}.`,
  );
}

function invalidFiles(errors: readonly EntryError[]): ProblemError {
  const detail = `Correct the entries listed in errors: ${errors.length} of the files are malformed, and none was declared.`;
  return new ProblemError("invalid_files", detail, { errors: errors.slice(0, MAX_LISTED_ERRORS) });
}
