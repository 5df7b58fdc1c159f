import { type Limits, LIMITS } from "../../protocol/index.ts";
import { shownName } from "../ui/shown-name.ts";

const REASONS = [
  "tooLarge",
  "wrongType",
  "overLimit",
  "overBytes",
  "unreadable",
  "emptyFolders",
  "undecodable",
] as const;

/**
 * Why files or folders of a drop are not uploaded: they are too large, or of a type that isn't accepted;
 * the batch would have more files or bytes than allowed; they couldn't be read from disk, contain nothing,
 * or contain a name that the browser can't decode (once for each such name).
 */
type Reason = (typeof REASONS)[number];

/** The limits that files are checked against before they are sent. */
export type FileLimits = Pick<Limits, "files" | "bytes" | "fileBytes" | "types" | "extensions">;

/** Paths of files and folders of a drop that are not uploaded, by the reason, as the page shows them. */
export interface SkippedFiles extends Readonly<Record<Reason, string[]>> {
  limits: FileLimits;
}

/** More of them. Paths of unreadable folders end in `/`. */
export type MoreSkipped = Partial<Record<Reason, readonly string[]>> & { limits?: FileLimits };

export function noneSkipped(): SkippedFiles {
  return {
    tooLarge: [],
    wrongType: [],
    overLimit: [],
    overBytes: [],
    unreadable: [],
    emptyFolders: [],
    undecodable: [],
    limits: LIMITS,
  };
}

/**
 * Returns a new object with all of the files; the same one if there are no more. Its lists are those of
 * `skipped`, which grow: copies for each slice of a large drop would take longer than reading it.
 */
export function addSkipped(skipped: SkippedFiles, more: MoreSkipped): SkippedFiles {
  const before = countSkipped(skipped);
  for (const reason of REASONS) {
    for (const path of more[reason] ?? []) skipped[reason].push(shownName(path));
  }
  if (countSkipped(skipped) === before) return skipped;
  return { ...skipped, limits: more.limits ?? skipped.limits };
}

/** Returns the number of skipped files and folders. */
export function countSkipped(skipped: SkippedFiles): number {
  return REASONS.reduce((sum, reason) => sum + skipped[reason].length, 0);
}
