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
  const files = filesOf(batch, ids);
  const characters = [...files.paths, ...files.keys].reduce((sum, { length }) => sum + length, 0);
  return characters > MAX_CHARACTERS ? pathsTooLong() : ok(files);
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

function filesOf({ config, tally, store }: OpenBatch, ids: number[]): ArchivedFiles {
  const { folder, metadata } = config;
  const { createdAt } = tally.batch;
  const declared = store.declarations(ids);
  const records = ids.map((id) => tally.files[id]);
  return {
    name: typeof metadata["name"] === "string" ? metadata["name"] : null,
    ids,
    paths: declared.map((file) => file?.path ?? file?.name ?? ""),
    sizes: declared.map((file) => file?.size ?? 0),
    modified: declared.map((file) => file?.lastModified ?? createdAt),
    crc32s: records.map((record) => record?.crc32 ?? null),
    etags: records.map((record) => record?.etag ?? ""),
    keys: ids.map((id, index) => {
      const { name = "" } = declared[index] ?? {};
      return records[index]?.key ?? objectKey({ folder, id, name });
    }),
  };
}
