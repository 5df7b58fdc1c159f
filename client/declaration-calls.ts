import { type FileDeclaration, KIB, type Limits } from "../protocol/index.ts";
import { ProblemError } from "./errors.ts";

/** Bytes for everything in the body but the files: `metadata` has at most 16 KiB. */
const OTHER_BYTES = 17 * KIB;

/** Divides the files of a declaration, in order, into calls that the server accepts. */
export function* declarationCalls(
  files: readonly FileDeclaration[],
  { declareFiles, declareBytes }: Pick<Limits, "declareFiles" | "declareBytes">,
): Generator<readonly FileDeclaration[]> {
  let start = 0;
  let bytes = OTHER_BYTES;
  for (const [index, file] of files.entries()) {
    const more = jsonBytes(file);
    const isFull = index - start === declareFiles || bytes + more > declareBytes;
    if (isFull && index > start) {
      yield files.slice(start, index);
      start = index;
      bytes = OTHER_BYTES;
    }
    bytes += more;
  }
  if (start < files.length) yield files.slice(start);
}

/**
 * Returns the calls that declare files in a batch.
 *
 * @param count number of files that the batch has
 * @throws ProblemError `too_many_files`, unless one call is enough: the server refuses a call with too
 *   many files, but could not undo an earlier one
 */
export function callsWithin(
  limits: Pick<Limits, "files" | "declareFiles" | "declareBytes">,
  files: readonly FileDeclaration[],
  count: number,
): readonly (readonly FileDeclaration[])[] {
  const calls = [...declarationCalls(files, limits)];
  if (calls.length <= 1 || count + files.length <= limits.files) return calls;
  const detail = `A batch has at most ${limits.files} files; add fewer, or use another batch.`;
  throw new ProblemError({ code: "too_many_files", detail });
}

/** Returns an upper bound of the bytes of a file's JSON, with a comma. Encoding would give exact ones. */
function jsonBytes(file: FileDeclaration): number {
  const text = JSON.stringify(file);
  // A UTF-16 code unit has at most three bytes in UTF-8.
  return (/^[\0-\x7f]*$/u.test(text) ? 1 : 3) * text.length + 1;
}
