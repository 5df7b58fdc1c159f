import type { Source } from "../../client/index.ts";
import type { FoundFile } from "../upload/read-folders.ts";

/** Files that a batch is about to have, in the order of the ids that they will get. */
export interface PendingFiles {
  /** They are being declared, or will be next. */
  readonly undeclared: Source[];
  /** They were found, by one drop each, and are still to be read: not all of them may be wanted. */
  readonly found: Set<FoundFile[]>;
}

/** How many files were found, and not read yet. */
export function foundCount({ found }: PendingFiles): number {
  return [...found].flat().length;
}
