import type { FileState, Metadata } from "../../protocol/index.ts";
import type { GrantLimits } from "../../protocol/grant-limits.ts";
import type { FileDeclaration } from "../../protocol/schemas.ts";

export interface NewBatch {
  id: string;
  metadata: Metadata;
  files: FileDeclaration[];
  sealed: boolean;
  /** Whose it is, and whether they have been told of it. */
  owner?: { key: string; isNotified: boolean };
  /** What the grant that creates it lays down. */
  grantLimits?: GrantLimits;
}

/** More files of a batch. */
export interface NewFiles {
  /** Names this call: calling again with the same key declares nothing more. */
  key: string;
  files: FileDeclaration[];
  /** The id that the first of them is to get; whichever is the next, where it is not said. */
  firstFile?: number | null;
}

/** Which files to list: those that changed after `since`, in `state`, with ids above `after`. */
export interface FileListQuery {
  since: number | null;
  state: FileState | null;
  after: number;
  limit: number;
}
