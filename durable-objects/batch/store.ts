import type { GrantLimits } from "../../protocol/grant-limits.ts";
import type { FileDeclaration } from "../../protocol/schemas.ts";
import type { DeclaredFiles, Metadata } from "../../protocol/index.ts";
import type { FileRecord } from "./file.ts";
import type { BatchRecord } from "./tally.ts";

/** What is fixed about a batch when it is created. */
export interface BatchConfig {
  id: string;
  /** Prefix of the keys of its objects. */
  folder: string;
  metadata: Metadata;
  /** Key of the owner's object; a batch that nobody owns has none. */
  owner?: string;
  /** What the grant that created it lays down; without one the server's limits are all there are. */
  grantLimits?: GrantLimits;
}

/**
 * Files that share one stored row. A row written is what the tally costs, in money and in time:
 * the files of a bundle are neighbours, so a hundred of them touch two or three rows.
 */
export const FILES_PER_ROW = 64;

/** A part that R2 holds. */
export interface PartRecord {
  etag: string;
  /** Hex. */
  sha256: string;
}

/** Parts of one file that share a stored row. */
const PARTS_PER_ROW = 64;

/** Rows sort as their numbers do. */
function rowKey(table: string, row: number): string {
  return `${table}/${String(row).padStart(6, "0")}`;
}

function partsKey(file: number): string {
  return rowKey("parts", file);
}

function partsRowKey(file: number, part: number): string {
  return rowKey(partsKey(file), Math.floor((part - 1) / PARTS_PER_ROW));
}

function rowsOf(first: number, end: number): number[] {
  const from = Math.floor(first / FILES_PER_ROW);
  const to = Math.ceil(end / FILES_PER_ROW);
  return Array.from({ length: Math.max(0, to - from) }, (_, index) => from + index);
}

/**
 * One batch in SQLite, through the object's synchronous key-value storage. The manifest (what was
 * declared, never changed) and the records (what changes) are kept apart, each packed many files
 * to a row. Writes of one synchronous call are one transaction.
 */
export class Store {
  readonly #kv: SyncKvStorage;

  constructor(storage: DurableObjectStorage) {
    this.#kv = storage.kv;
  }

  /** The batch as it was stored last; undefined where none was created. */
  load(): { config: BatchConfig; batch: BatchRecord; records: FileRecord[] } | undefined {
    const config = this.#kv.get<BatchConfig>("config");
    const batch = this.#kv.get<BatchRecord>("batch");
    return config && batch && { config, batch, records: this.#records() };
  }

  saveConfig(config: BatchConfig): void {
    this.#kv.put("config", config);
  }

  saveBatch(batch: BatchRecord): void {
    this.#kv.put("batch", batch);
  }

  /** Writes the rows in which the changed files lie. */
  saveRecords(files: readonly FileRecord[], changed: Iterable<number>): void {
    const rows = new Set<number>();
    for (const id of changed) rows.add(Math.floor(id / FILES_PER_ROW));
    for (const row of rows) {
      const first = row * FILES_PER_ROW;
      this.#kv.put(rowKey("records", row), files.slice(first, first + FILES_PER_ROW));
    }
  }

  /** What was declared of the files `first` to `end`, the latter not included. */
  manifest(first: number, end: number): FileDeclaration[] {
    const rows = rowsOf(first, end);
    const skipped = (rows[0] ?? 0) * FILES_PER_ROW;
    return rows.flatMap((row) => this.#manifestRow(row)).slice(first - skipped, end - skipped);
  }

  /** Adds to the manifest files whose first has the id `first`. */
  appendManifest(first: number, files: readonly FileDeclaration[]): void {
    for (const row of rowsOf(first, first + files.length)) {
      const start = row * FILES_PER_ROW;
      const kept = first > start ? this.#manifestRow(row) : [];
      const added = files.slice(Math.max(0, start - first), start + FILES_PER_ROW - first);
      this.#kv.put(rowKey("manifest", row), [...kept, ...added]);
    }
  }

  /** A file's stored parts; part 1 comes first, and what is not stored is null. */
  parts(file: number): (PartRecord | null)[] {
    return [...this.#kv.list<(PartRecord | null)[]>({ prefix: `${partsKey(file)}/` })].flatMap(
      ([, row]) => row,
    );
  }

  part(file: number, part: number): PartRecord | null {
    return this.#partsRow(file, part)[(part - 1) % PARTS_PER_ROW] ?? null;
  }

  savePart(file: number, part: number, record: PartRecord): void {
    const row = this.#partsRow(file, part);
    row[(part - 1) % PARTS_PER_ROW] = record;
    this.#kv.put(partsRowKey(file, part), row);
  }

  deleteParts(file: number): void {
    const keys = [...this.#kv.list({ prefix: `${partsKey(file)}/` })].map(([key]) => key);
    for (const key of keys) this.#kv.delete(key);
  }

  /** The answer that a call with this idempotency key was given. */
  declared(key: string): DeclaredFiles | undefined {
    return this.#kv.get<DeclaredFiles>(`declared/${key}`);
  }

  saveDeclared(key: string, answer: DeclaredFiles): void {
    this.#kv.put(`declared/${key}`, answer);
  }

  /** What the owner has been told last; null where it was nothing yet. */
  ownerState(): string | null {
    return this.#kv.get<string>("ownerState") ?? null;
  }

  saveOwnerState(state: string): void {
    this.#kv.put("ownerState", state);
  }

  /** Every file's record, in order of ids. */
  #records(): FileRecord[] {
    return [...this.#kv.list<FileRecord[]>({ prefix: "records/" })].flatMap(([, row]) => row);
  }

  #partsRow(file: number, part: number): (PartRecord | null)[] {
    const row = this.#kv.get<(PartRecord | null)[]>(partsRowKey(file, part));
    return row ?? Array.from({ length: PARTS_PER_ROW }, () => null);
  }

  #manifestRow(row: number): FileDeclaration[] {
    return this.#kv.get<FileDeclaration[]>(rowKey("manifest", row)) ?? [];
  }
}
