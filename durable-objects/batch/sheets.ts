import { SECOND_MS, SHEET_FILES } from "../../protocol/index.ts";
import { sheetKey } from "../../storage/keys.ts";
import {
  addingRefusal,
  changedSheet,
  interruptedSheet,
  ok,
  type Refusal,
  type Result,
  sheetTooSoon,
  staleSheet,
  unknownSheet,
} from "./refusals.ts";
import type { SheetCondition, StoredSheet } from "./rpc.ts";
import type { OpenBatch } from "./transaction.ts";
import type { StoredFile } from "./views.ts";

/** Time between two `PUT`s of a sheet. R2 accepts one write to a key per second. */
const INTERVAL_MS = 2 * SECOND_MS;

/** Time for which a `PUT` may store its sheet before another one may. */
const LEASE_MS = 60 * SECOND_MS;

/** A `PUT` of a sheet. */
interface Write {
  /** Id of its request. The platform repeats a call of the same request. */
  by: string;
  /** Its start, in ms since 1970. */
  at: number;
  /** `stale` if a file that the sheet may show was deleted after the start. */
  state: "open" | "stale" | "ended";
}

/**
 * The contact sheets of a batch: sheet n shows the files from 256 n to 256 n + 255. The Worker asks
 * before it stores one in R2, and records it afterwards. Only one `PUT` of a sheet runs at a time, so the
 * recorded sheet is the stored one. The `PUT`s are in memory: one that meets a restart is sent again.
 */
export class Sheets {
  readonly #writes = new Map<number, Write>();

  /** Starts a `PUT`. @param by id of the request */
  admit(
    batch: OpenBatch,
    sheet: number,
    by: string,
    condition: SheetCondition,
  ): Result<{ key: string }> {
    const { config, tally } = batch;
    const refusal =
      addingRefusal(tally) ??
      (sheet * SHEET_FILES < tally.files.length ? null : unknownSheet(sheet)) ??
      conditionRefusal(config.sheets?.[sheet], condition) ??
      this.#waitRefusal(sheet, by);
    if (refusal) return refusal;
    this.#writes.set(sheet, { by, at: Date.now(), state: "open" });
    return ok({ key: sheetKey(config.folder, sheet) });
  }

  /**
   * Records a sheet that was stored in R2, and ends the `PUT`. If it is refused, the caller deletes the
   * object.
   *
   * @param etag null if nothing was stored
   */
  record(batch: OpenBatch, sheet: number, by: string, etag: string | null): Result<null> {
    const write = this.#writes.get(sheet);
    if (write?.by !== by) {
      // The object that the caller deletes has replaced the recorded one.
      if (etag !== null) this.#remove(batch, [sheet]);
      return interruptedSheet();
    }
    const isStale = write.state === "stale";
    // A repeated call must be refused as well.
    if (!isStale) write.state = "ended";
    if (etag === null) return ok(null);
    const refusal = isStale ? changedSheet() : addingRefusal(batch.tally);
    if (refusal) return refusal;
    if (batch.config.sheets?.[sheet] !== etag)
      save(batch, { ...batch.config.sheets, [sheet]: etag });
    return ok(null);
  }

  /** Removes the sheets that may show these files, for the next commit. */
  forget(batch: OpenBatch, files: readonly number[]): void {
    const forgotten = [...new Set(files.map(sheetOfFile))];
    for (const sheet of forgotten) {
      const write = this.#writes.get(sheet);
      if (write?.state === "open") write.state = "stale";
    }
    this.#remove(batch, forgotten);
  }

  /** Removes the sheets that may show files which are not stored. Call before the batch is cancelled. */
  forgetUnstored(batch: OpenBatch): void {
    const unstored = Array.from(batch.tally.files, ({ state }, id) => ({ state, id }))
      .filter(({ state }) => state !== "completed")
      .map(({ id }) => id);
    this.forget(batch, unstored);
  }

  /** Returns a recorded sheet. */
  find({ config }: OpenBatch, sheet: number): Result<StoredSheet> {
    const etag = config.sheets?.[sheet];
    return etag === undefined
      ? unknownSheet(sheet)
      : ok({ key: sheetKey(config.folder, sheet), etag });
  }

  /** Adds `leftover` to a file. */
  withLeftover(batch: OpenBatch, file: StoredFile | null): StoredFile | null {
    const leftoverSheet = file === null ? undefined : this.leftover(batch, file.id);
    return file && leftoverSheet !== undefined ? { ...file, leftoverSheet } : file;
  }

  /**
   * Returns the key of the sheet of a file if there may be an object that is not recorded; undefined if
   * there is none, or a request is storing one.
   */
  leftover({ config }: OpenBatch, file: number): string | undefined {
    const sheet = sheetOfFile(file);
    if (config.sheets === undefined || config.sheets[sheet] !== undefined) return undefined;
    return this.#isOpen(sheet) ? undefined : sheetKey(config.folder, sheet);
  }

  #remove(batch: OpenBatch, removed: readonly number[]): void {
    const { sheets = {} } = batch.config;
    const left = Object.entries(sheets).filter(([sheet]) => !removed.includes(Number(sheet)));
    if (left.length < Object.keys(sheets).length) save(batch, Object.fromEntries(left));
  }

  #waitRefusal(sheet: number, by: string): Refusal | null {
    const write = this.#writes.get(sheet);
    if (!write || write.by === by) return null;
    const isRecent = write.at + INTERVAL_MS > Date.now();
    return isRecent || this.#isOpen(sheet) ? sheetTooSoon(INTERVAL_MS) : null;
  }

  #isOpen(sheet: number): boolean {
    const write = this.#writes.get(sheet);
    return write?.state === "open" && write.at + LEASE_MS > Date.now();
  }
}

function sheetOfFile(file: number): number {
  return Math.floor(file / SHEET_FILES);
}

function conditionRefusal(
  etag: string | undefined,
  { match, noneMatch }: SheetCondition,
): Refusal | null {
  const isIn = (tags: readonly string[]) =>
    etag !== undefined && tags.some((tag) => tag === "*" || tag === etag);
  const isMet = (!match || isIn(match)) && !(noneMatch && isIn(noneMatch));
  return isMet ? null : staleSheet(etag);
}

/** A picture of the batch is no activity, which would put off its expiry. */
function save({ config, store, tally, commit }: OpenBatch, sheets: Record<string, string>): void {
  config.sheets = sheets;
  store.saveConfig(config);
  tally.noteMetadata();
  commit(tally.batch.updatedAt);
}
