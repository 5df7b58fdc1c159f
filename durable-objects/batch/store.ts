import type { DeclaredFiles, LocationHint, Metadata } from "../../protocol/index.ts";
import type { FileDeclaration, GrantLimits } from "../../protocol/schemas.ts";
import type { CleanupState } from "./cleanup-backoff.ts";
import type { CreatingCall } from "./creation.ts";
import type { FileRecord } from "./file.ts";
import type { StoredBatch } from "./tally.ts";
import type { EndEvent } from "./webhook-event.ts";

/**
 * Format of the stored batch, which this code reads and writes. A field that is optional needs no new
 * format. Code that writes a record keeps the fields that it does not know.
 */
export const FORMAT = 1;

/** The part of a batch that never changes after its creation, except `metadata` and `sheets`. */
export interface BatchConfig {
  format: number;
  id: string;
  /** Prefix of the keys of its objects in R2. */
  folder: string;
  metadata: Metadata;
  /** The location hint it was created with; absent without one, and in batches of an earlier version. */
  location?: LocationHint;
  /** Key of the owner's object; absent for a batch without an owner. */
  owner?: string;
  /** The owner's name, which only the operator sees; absent in batches of an earlier version. */
  ownerName?: string;
  /** Time at which the token of its anonymous owner expires, in ms since 1970. */
  ownerEndsAt?: number;
  /**
   * Days from its end to the deletion of its files and records; absent if they stay until it is deleted.
   * The batch keeps it when the operator changes the setting: people were told of this one.
   */
  keepDays?: number;
  /** Limits of the grant that created it, in addition to the operator's. */
  grantLimits?: GrantLimits;
  /** Origin of the request that created it; absent in batches of an earlier version. */
  origin?: string;
  /** Etags of its stored contact sheets by their numbers; absent if none was ever stored. */
  sheets?: Readonly<Record<string, string>>;
}

/**
 * Files per stored row. Each written row costs money and time, and the files of a bundle are neighbours:
 * a hundred of them change two or three rows.
 */
export const FILES_PER_ROW = 64;

/**
 * Size of a row of the manifest as JSON, unless one declaration is larger. SQLite's limit is 2 MB, and a
 * lookup reads a whole row.
 */
const MANIFEST_ROW_CHARACTERS = 128 * 1024;

/** Rows of the manifest in memory. A request's files are neighbours. */
const CACHED_ROWS = 4;

/** A stored part of a file. */
export interface PartRecord extends PartContent {
  /**
   * Contents that other requests stored as the same part. R2 has one of them, maybe not the recorded
   * one. Empty if the others did not report theirs; absent if one request has sent the part.
   */
  others?: readonly PartContent[];
}

export interface PartContent {
  etag: string;
  /** Hex. */
  sha256: string;
  /** Absent in parts that an earlier version of the Worker has stored. */
  crc32?: number;
}

/** The result of a declaring call. */
export interface DeclaringCall extends DeclaredFiles {
  /** Hex SHA-256 of its body; absent if it had no key, or an earlier version has stored it. */
  digest?: string;
}

/** Parts of one file per stored row. */
const PARTS_PER_ROW = 64;

/** Returns a key that sorts by its number. */
function rowKey(table: string, row: number): string {
  return `${table}/${String(row).padStart(6, "0")}`;
}

function partsKey(file: number): string {
  return rowKey("parts", file);
}

function partsRowKey(file: number, part: number): string {
  return rowKey(partsKey(file), Math.floor((part - 1) / PARTS_PER_ROW));
}

/**
 * The stored state of one batch, in SQLite through the object's synchronous key-value API. The manifest
 * (the declarations, which never change) and the records (which change) are stored apart, many files
 * per row. Writes without an `await` between them are one transaction.
 *
 * | key | value |
 * |---|---|
 * | `config` | `BatchConfig` |
 * | `batch` | `StoredBatch` |
 * | `manifest/{first}` | `FileDeclaration[]` from that id on, up to 128 KiB; never written again |
 * | `records/{row}` | `FileRecord[]` of 64 files |
 * | `parts/{file}/{row}` | `(PartRecord \| null)[]` of 64 parts, until they are lost or the file starts over |
 * | `declared/{key}` | result of the declaring call with that idempotency key, and the digest of its body |
 * | `replaced` | ids of the files that others were declared in place of, once there are any |
 * | `creation` | `CreatingCall`, if the call that created the batch had a key |
 * | `deleted` | true once such a batch is deleted: nothing else is left then |
 * | `ownerState` | the last state that the owner was notified of, the number of files, and the batch's encoded name if it has one |
 * | `endEvent` | `EndEvent`, if the operator has a webhook: the end that it announces |
 * | `cleanup` | `CleanupState`, once the cleanup has failed |
 */
export class Store {
  readonly #kv: SyncKvStorage;
  /** The rows of the manifest that were read last. */
  #manifestRows: ManifestRow[] = [];

  constructor(storage: DurableObjectStorage) {
    this.#kv = storage.kv;
  }

  /** Returns the stored batch; undefined if none was created. */
  load(): { config: BatchConfig; batch: StoredBatch; records: FileRecord[] } | undefined {
    this.#manifestRows = [];
    const config = this.#kv.get<BatchConfig>("config");
    const batch = this.#kv.get<StoredBatch>("batch");
    return config && batch && { config, batch, records: this.#records() };
  }

  /** True if a later version of this code has stored the batch, in a format that this one can't read. */
  hasNewerFormat(): boolean {
    return (this.#kv.get<BatchConfig>("config")?.format ?? 0) > FORMAT;
  }

  saveConfig(config: BatchConfig): void {
    this.#kv.put("config", config);
  }

  saveBatch(batch: StoredBatch): void {
    this.#kv.put("batch", batch);
  }

  /** Writes the rows that contain the changed files. */
  saveRecords(files: readonly FileRecord[], changed: Iterable<number>): void {
    const rows = new Set<number>();
    for (const id of changed) rows.add(Math.floor(id / FILES_PER_ROW));
    for (const row of rows) {
      const first = row * FILES_PER_ROW;
      this.#kv.put(rowKey("records", row), files.slice(first, first + FILES_PER_ROW));
    }
  }

  /** Returns the declarations of these files; undefined for a file that does not exist. */
  declarations(ids: Iterable<number>): (FileDeclaration | undefined)[] {
    return Array.from(ids, (id) => {
      const { first, files } = this.#manifestRow(id);
      return files[id - first];
    });
  }

  /** Appends declarations to the manifest, in rows of their own. @param first id of the first of them */
  appendManifest(first: number, files: readonly FileDeclaration[]): void {
    let next = first;
    for (const row of manifestRows(files)) {
      this.#kv.put(rowKey("manifest", next), row);
      next += row.length;
    }
    this.#manifestRows = [];
  }

  /** Returns a file's stored parts in order of their numbers; null for a part that is not stored. */
  parts(file: number): (PartRecord | null)[] {
    return [...this.#kv.list<(PartRecord | null)[]>({ prefix: `${partsKey(file)}/` })].flatMap(
      ([, row]) => row,
    );
  }

  part(file: number, part: number): PartRecord | null {
    return this.#partsRow(file, part)[(part - 1) % PARTS_PER_ROW] ?? null;
  }

  /** @param record null to delete the record */
  savePart(file: number, part: number, record: PartRecord | null): void {
    const row = this.#partsRow(file, part);
    row[(part - 1) % PARTS_PER_ROW] = record;
    this.#kv.put(partsRowKey(file, part), row);
  }

  deleteParts(file: number): void {
    const keys = [...this.#kv.list({ prefix: `${partsKey(file)}/` })].map(([key]) => key);
    for (const key of keys) this.#kv.delete(key);
  }

  /** Returns the result of the declaring call with this idempotency key. */
  declared(key: string): DeclaringCall | undefined {
    return this.#kv.get<DeclaringCall>(`declared/${key}`);
  }

  saveDeclared(key: string, result: DeclaringCall): void {
    this.#kv.put(`declared/${key}`, result);
  }

  /** Returns the ids of the files that others were declared in place of. */
  replaced(): readonly number[] {
    return this.#kv.get<number[]>("replaced") ?? [];
  }

  saveReplaced(ids: readonly number[]): void {
    this.#kv.put("replaced", ids);
  }

  /** Returns the call that created the batch; undefined if it had no key. */
  creation(): CreatingCall | undefined {
    return this.#kv.get<CreatingCall>("creation");
  }

  saveCreation(call: CreatingCall): void {
    this.#kv.put("creation", call);
  }

  /** True if the batch was deleted and had an id that the same key would lead to again. */
  isDeleted(): boolean {
    return this.#kv.get<boolean>("deleted") === true;
  }

  /** Stores that the id of a deleted batch is not used again: its tokens would open the next batch. */
  saveDeleted(): void {
    this.#kv.put("deleted", true);
  }

  /** Returns the last state that the owner was notified of; null if there was none. */
  ownerState(): string | null {
    return this.#kv.get<string>("ownerState") ?? null;
  }

  saveOwnerState(state: string): void {
    this.#kv.put("ownerState", state);
  }

  /** Returns the event of the batch's last end; undefined if there was none to announce. */
  endEvent(): EndEvent | undefined {
    return this.#kv.get<EndEvent>("endEvent");
  }

  saveEndEvent(event: EndEvent): void {
    this.#kv.put("endEvent", event);
  }

  cleanupState(): CleanupState {
    return this.#kv.get<CleanupState>("cleanup") ?? {};
  }

  saveCleanupState(state: CleanupState): void {
    this.#kv.put("cleanup", state);
  }

  /** Returns the records of all files in order of ids. */
  #records(): FileRecord[] {
    return [...this.#kv.list<FileRecord[]>({ prefix: "records/" })].flatMap(([, row]) => row);
  }

  #partsRow(file: number, part: number): (PartRecord | null)[] {
    const row = this.#kv.get<(PartRecord | null)[]>(partsRowKey(file, part));
    return row ?? Array.from({ length: PARTS_PER_ROW }, () => null);
  }

  /** Returns the row of the manifest that has the file, if the file exists. */
  #manifestRow(id: number): ManifestRow {
    const cached = this.#manifestRows.find(({ first, files }) => {
      return first <= id && id < first + files.length;
    });
    if (cached) return cached;
    const until = { prefix: "manifest/", end: rowKey("manifest", id + 1) };
    const [found] = this.#kv.list<FileDeclaration[]>({ ...until, reverse: true, limit: 1 });
    const row = found ? { first: Number(found[0].split("/")[1]), files: found[1] } : NO_ROW;
    this.#manifestRows = [row, ...this.#manifestRows.slice(0, CACHED_ROWS - 1)];
    return row;
  }
}

interface ManifestRow {
  /** Id of the first of the files. */
  first: number;
  files: readonly FileDeclaration[];
}

const NO_ROW: ManifestRow = { first: 0, files: [] };

/** Splits declarations into rows of the manifest. */
function manifestRows(files: readonly FileDeclaration[]): FileDeclaration[][] {
  const rows: FileDeclaration[][] = [];
  let free = 0;
  for (const file of files) {
    const { length } = JSON.stringify(file);
    if (length > free) {
      rows.push([]);
      free = MANIFEST_ROW_CHARACTERS;
    }
    rows.at(-1)?.push(file);
    free -= length;
  }
  return rows;
}
