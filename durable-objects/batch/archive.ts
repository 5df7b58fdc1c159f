import { ARCHIVE_FILES } from "../../protocol/index.ts";
import { objectKey } from "../../storage/keys.ts";
import { ok, pathsTooLong, type Result, tooManyToArchive, unknownFile } from "./refusals.ts";
import type { OpenBatch } from "./transaction.ts";

/**
 * Characters of all paths and keys: 400 for each of ten thousand files. The platform sends 32 MiB, and the
 * Worker needs several times as much memory for them.
 */
const MAX_CHARACTERS = 8_000_000;

/** Files by their ids: the first and the last of each range. Null for all. */
export type FileRanges = readonly (readonly [first: number, last: number])[] | null;

/**
 * The completed files of a selection in order of ids, as one list for each property: ten thousand objects
 * would take the Batch several times as long to send.
 */
export interface ArchivedFiles {
  /** The batch's name; null if it has none. */
  name: string | null;
  ids: number[];
  /** Declared paths, or names of files without one. */
  paths: string[];
  sizes: number[];
  /** In ms since 1970: as declared, or the creation of the batch. */
  modified: number[];
  /** Null if it is not known. */
  crc32s: (number | null)[];
  /** R2's etags without quotes. */
  etags: string[];
  /** Keys of the objects. */
  keys: string[];
}

/** Returns the files that an archive of a selection has. */
export function archivedFiles(batch: OpenBatch, ranges: FileRanges): Result<ArchivedFiles> {
  const unknown = ranges?.find(([, last]) => last >= batch.tally.files.length);
  if (unknown) return unknownFile(unknown[1]);
  const ids = completedFiles(batch, ranges);
  if (ids.length > ARCHIVE_FILES) return tooManyToArchive(ids.length);
  return filesOf(batch, ids);
}

function completedFiles({ tally }: OpenBatch, ranges: FileRanges): number[] {
  const isSelected = selected(tally.files.length, ranges);
  const ids: number[] = [];
  for (const [id, { state, etag }] of tally.files.entries())
    if (isSelected(id) && state === "completed" && etag !== undefined) ids.push(id);
  return ids;
}

/** A query may name a file several times. */
function selected(files: number, ranges: FileRanges): (id: number) => boolean {
  if (ranges === null) return () => true;
  const marks = new Uint8Array(files);
  for (const [first, last] of ranges) marks.fill(1, first, last + 1);
  return (id) => marks[id] === 1;
}

/** Reads declarations one by one: those of ten thousand long paths would not fit into memory together. */
function filesOf(batch: OpenBatch, ids: number[]): Result<ArchivedFiles> {
  const files = noFiles(batch);
  let characters = 0;
  for (const id of ids) {
    const { path, key, ...file } = archivedFile(batch, id);
    characters += path.length + key.length;
    if (characters > MAX_CHARACTERS) return pathsTooLong();
    files.ids.push(id);
    files.paths.push(path);
    files.sizes.push(file.size);
    files.modified.push(file.modified);
    files.crc32s.push(file.crc32);
    files.etags.push(file.etag);
    files.keys.push(key);
  }
  return ok(files);
}

function noFiles({ config: { metadata } }: OpenBatch): ArchivedFiles {
  const name = typeof metadata["name"] === "string" ? metadata["name"] : null;
  const lists = { ids: [], paths: [], sizes: [], modified: [], crc32s: [], etags: [], keys: [] };
  return { name, ...lists };
}

function archivedFile(batch: OpenBatch, id: number) {
  const { name, ...declared } = declaredFile(batch, id);
  const { config, tally } = batch;
  const { crc32 = null, etag = "", key } = tally.files[id] ?? {};
  return { ...declared, crc32, etag, key: key ?? objectKey({ folder: config.folder, id, name }) };
}

function declaredFile({ tally, store }: OpenBatch, id: number) {
  const [declared] = store.declarations([id]);
  const { name = "", path = name, size = 0, lastModified } = declared ?? {};
  return { name, path, size, modified: lastModified ?? tally.batch.createdAt };
}
