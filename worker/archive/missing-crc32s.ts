import type { ArchivedFiles, FileEvent } from "../../durable-objects/index.ts";
import { SECOND_MS } from "../../protocol/index.ts";
import { objectCrc32 } from "../../storage/digests.ts";
import { retryTransient } from "../../storage/retry.ts";
import type { BatchClient } from "../batches/batch-client.ts";
import { ProblemError } from "../http/problem.ts";

/** Time after which no further file is read: the client then repeats the request, and the rest is less. */
const READING_MS = 20 * SECOND_MS;
/** Objects that are read at a time. A Worker has six connections, and calls the Batch as well. */
const READS = 4;
const RETRY_S = 1;

/** An archive in the making. */
interface Source {
  bucket: R2Bucket;
  batch: BatchClient;
  files: ArchivedFiles;
}

/**
 * Reads the files whose CRC-32 is not known, as an earlier version has stored them, and tells the batch, so
 * that each file is read once.
 *
 * @throws ProblemError `busy` if that takes long: the next request continues
 * @throws StorageError if a file can't be read
 */
export async function findMissingCrc32s(source: Source): Promise<void> {
  const missing = [...source.files.crc32s.keys()].filter((index) => isMissing(source, index));
  if (missing.length === 0) return;
  const found: FileEvent[] = [];
  try {
    await readAll(source, missing.values(), found);
  } finally {
    await source.batch.applyEvents(found);
  }
  const left = missing.filter((index) => isMissing(source, index)).length;
  if (left > 0) throw stillReading(left);
}

function isMissing({ files }: Source, index: number): boolean {
  return files.crc32s[index] === null;
}

/** Readers share the iterator of the indexes. */
async function readAll(
  source: Source,
  indexes: Iterator<number>,
  found: FileEvent[],
): Promise<void> {
  const until = Date.now() + READING_MS;
  const read = async () => {
    for (let next = indexes.next(); !next.done; next = indexes.next()) {
      if (Date.now() > until) return;
      found.push(await readOne(source, next.value));
    }
  };
  await Promise.all(Array.from({ length: READS }, read));
}

async function readOne({ bucket, files }: Source, index: number): Promise<FileEvent> {
  const { [index]: file = 0 } = files.ids;
  const { [index]: key = "" } = files.keys;
  const { [index]: size = 0 } = files.sizes;
  const { [index]: etag = "" } = files.etags;
  const object = await retryTransient(() => objectCrc32(bucket, key, size));
  files.etags[index] = object.etag;
  files.crc32s[index] = object.crc32;
  return { event: "crc32Found", file, etag, object };
}

function stillReading(files: number): ProblemError {
  const detail = `${files} files of an earlier version of the server have yet to be read for their checksums; repeat the request.`;
  return new ProblemError("busy", detail, { retryAfter: RETRY_S });
}
