import type { ClientCode, Source } from "../../client/index.ts";

/** A file that was found but not read yet. */
export interface FoundFile {
  name: string;
  /** Folder and name, if known. */
  path?: string;
}

/** Files that will be added to a batch, in the order of the ids that they will get. */
export interface PendingFiles {
  /** Files that are being declared, or will be next. */
  undeclared: Source[];
  /** Those of them that couldn't be declared, with the reason. They count as failed. */
  readonly refused: Map<Source, ClientCode>;
  /** Their bytes. */
  undeclaredBytes: number;
  /** Files that each drop has found but not read yet. Some of them may be skipped. */
  readonly found: Set<FoundFile[]>;
  /** Number of files that were added here since the page was opened. */
  added: number;
}

export function noPendingFiles(): PendingFiles {
  return { undeclared: [], refused: new Map(), undeclaredBytes: 0, found: new Set(), added: 0 };
}

/** Returns the number of files that were found but not read yet. */
export function foundCount({ found }: PendingFiles): number {
  return [...found].reduce((sum, { length }) => sum + length, 0);
}
