import { runInDurableObject } from "cloudflare:test";
import type { BatchResource } from "../../../protocol/index.ts";
import type { Batch } from "../batch.ts";
import type { CleanupState } from "../cleanup-backoff.ts";
import type { FileRecord } from "../file.ts";
import type { Result } from "../refusals.ts";
import type { BatchConfig } from "../store.ts";
import type { StoredBatch } from "../tally.ts";
import type { FileList, SingleFileDetails } from "../views.ts";

type RecordsKey = `records/${string}`;

/** Stored rows by their keys: see `Store`. */
export interface Rows extends Record<string, unknown> {
  [records: RecordsKey]: FileRecord[] | undefined;
  config?: BatchConfig;
  batch?: StoredBatch;
  cleanup?: CleanupState;
}

/** The storage of a batch at one moment, and what a new object shows of it. */
export interface GoldenBatch {
  /** Time at which it was made, in ms since 1970. */
  now: number;
  alarm: number | null;
  rows: Rows;
  views: GoldenViews;
}

/** Everything that a batch shows. */
export interface GoldenViews {
  batch: Result<BatchResource>;
  files: Result<FileList>;
  /** Each file alone, with its parts and their digests. */
  singleFiles: Result<SingleFileDetails>[];
}

export function viewsOf(batch: Batch): GoldenViews {
  const list = batch.list({ since: null, state: null, after: -1, limit: 1000 });
  const ids = list.ok ? list.value.files.map(({ id }) => id) : [];
  return {
    batch: batch.status(),
    files: list,
    singleFiles: ids.map((id) => batch.file(id, true)),
  };
}

/** Returns the stored rows of an object. */
export function storedRows(stub: DurableObjectStub): Promise<Rows> {
  return runInDurableObject(stub, (_, { storage }) => {
    const rows: Rows = {};
    for (const [key, value] of storage.kv.list()) rows[key] = value;
    return rows;
  });
}

/** Writes rows into an object. It has to be evicted to read them. */
export function writeRows(stub: DurableObjectStub, rows: Rows): Promise<void> {
  return runInDurableObject(stub, (_, { storage }) => {
    for (const [key, value] of Object.entries(rows)) storage.kv.put(key, value);
  });
}

/** Returns the prefix of the keys of the batch's objects. */
export function folderOf({ config }: Rows): string {
  if (!config) throw new Error("The rows are not those of a batch.");
  return config.folder;
}

/** Returns the records of all files in order of ids. */
export function recordsOf(rows: Rows): FileRecord[] {
  const keys = Object.keys(rows).filter(isRecordsKey);
  return keys.toSorted().flatMap((key) => rows[key] ?? []);
}

function isRecordsKey(key: string): key is RecordsKey {
  return key.startsWith("records/");
}
