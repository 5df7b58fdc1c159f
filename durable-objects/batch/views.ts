import type { BatchResource, FileResource, SingleFileResource } from "../../protocol/index.ts";
import type { FileDeclaration } from "../../protocol/schemas.ts";
import type { FileRecord } from "./file.ts";
import type { BatchConfig, Store } from "./store.ts";
import type { Tally } from "./tally.ts";

/** A file as the Batch knows it: the Worker adds the links. */
export type FileDetails = Omit<FileResource, "links">;

/** A file, and where its object lies once it is stored. */
export interface StoredFile extends FileDetails {
  folder: string;
}

export type SingleFileDetails = Omit<SingleFileResource, "links">;

const UNKNOWN_TYPE = "application/octet-stream";

export function timestamp(ms: number): string {
  return new Date(ms).toISOString();
}

export function batchResource({ id, metadata }: BatchConfig, tally: Tally): BatchResource {
  const { rev, sealed, createdAt, updatedAt, completedAt, expiresAt } = tally.batch;
  return {
    id,
    rev,
    state: tally.state,
    sealed,
    createdAt: timestamp(createdAt),
    updatedAt: timestamp(updatedAt),
    completedAt: completedAt === null ? null : timestamp(completedAt),
    expiresAt: timestamp(expiresAt),
    percentComplete: tally.percentComplete,
    totals: { ...tally.totals },
    metadata,
  };
}

function toFileDetails(id: number, declared: FileDeclaration, file: FileRecord): FileDetails {
  const { state, progress, receivedBytes, attempts, error, etag, sha256, width, height } = file;
  return {
    id,
    name: declared.name,
    path: declared.path ?? null,
    size: declared.size,
    type: file.type ?? knownType(declared.type),
    ...(declared.lastModified !== undefined && { lastModified: declared.lastModified }),
    state,
    progress,
    receivedBytes,
    attempts,
    ...(error && { error }),
    ...(etag !== undefined && { etag }),
    ...(sha256 !== undefined && { sha256 }),
    ...(width !== undefined && { width }),
    ...(height !== undefined && { height }),
  };
}

/** Browsers declare "" for what they do not know. */
function knownType(type = ""): string {
  return type === "" ? UNKNOWN_TYPE : type;
}

/** Ids of the files that pass, from the one after `after` on, and whether there are more. */
export function selectFiles(
  files: readonly FileRecord[],
  passes: (file: FileRecord) => boolean,
  { after, limit }: { after: number; limit: number },
): { ids: number[]; more: boolean } {
  const ids: number[] = [];
  for (let id = after + 1; id < files.length; id++) {
    const file = files[id];
    if (file === undefined || !passes(file)) continue;
    if (ids.length === limit) return { ids, more: true };
    ids.push(id);
  }
  return { ids, more: false };
}

/** The files of these ids, ascending; those that do not exist are left out. */
export function fileDetails(ids: readonly number[], tally: Tally, store: Store): FileDetails[] {
  const [first, last] = [ids[0], ids.at(-1)];
  if (first === undefined || last === undefined) return [];
  const manifest = store.manifest(first, last + 1);
  return ids.flatMap((id) => {
    const file = tally.files[id];
    const declared = manifest[id - first];
    return file && declared ? [toFileDetails(id, declared, file)] : [];
  });
}
