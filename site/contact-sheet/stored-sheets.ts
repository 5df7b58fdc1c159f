import { sleepUntilOnline } from "../../client/transport/network.ts";
import { getSheet, isTransient, type SheetAccess } from "./sheet-requests.ts";

/** Waits after failed requests, in milliseconds: doubled up to the longest. */
const FIRST_WAIT_MS = 2000;
const LONGEST_WAIT_MS = 60_000;

/** A stored sheet. It is the sender's claim: nothing does more with it than draw it on a canvas. */
export interface StoredSheet {
  sheet: number;
  image: Blob;
  etag: string;
}

interface StoredSheetsOptions {
  access: () => SheetAccess | null;
  onSheet: (stored: StoredSheet) => Promise<void>;
  signal: AbortSignal;
}

/** Loads the sheets that the batch names, each once per version and one at a time. */
export class StoredSheets {
  readonly #options: StoredSheetsOptions;
  /** Etags by sheet of the versions whose pictures are here. */
  readonly #known = new Map<number, string>();
  /** Etags by sheet of versions that the batch may still name, and that the server has no more. */
  readonly #past = new Map<number, string>();
  #named: Readonly<Record<string, string>> = {};
  #isLoading = false;

  constructor(options: StoredSheetsOptions) {
    this.#options = options;
  }

  /** The version of a sheet whose pictures are here; null for none. */
  etagOf(sheet: number): string | null {
    return this.#known.get(sheet) ?? null;
  }

  /** Notes that the pictures of that version are here, which is the stored one. */
  setKnown(sheet: number, etag: string): void {
    const before = this.#known.get(sheet);
    if (before !== undefined && before !== etag) this.#past.set(sheet, before);
    this.#known.set(sheet, etag);
  }

  /** Forgets a version that the server no longer has. */
  forget(sheet: number): void {
    this.#known.delete(sheet);
  }

  /** True if the batch names a version of the sheet that isn't here. */
  isAwaited(sheet: number): boolean {
    const etag = this.#named[String(sheet)];
    return etag !== undefined && etag !== this.#known.get(sheet) && etag !== this.#past.get(sheet);
  }

  /** The sheets that were stored and that the batch doesn't name: not yet, or no more. */
  get unnamed(): readonly number[] {
    return [...this.#known.keys()].filter((sheet) => this.#named[String(sheet)] === undefined);
  }

  /** Loads what is new. @param named etags by sheet, as the batch names them */
  load(named: Readonly<Record<string, string>> = {}): void {
    this.#named = named;
    void this.#loadAll();
  }

  async #loadAll(): Promise<void> {
    if (this.#isLoading) return;
    this.#isLoading = true;
    try {
      await this.#loadNamed();
    } finally {
      this.#isLoading = false;
    }
  }

  async #loadNamed(): Promise<void> {
    const { signal } = this.#options;
    let wait = FIRST_WAIT_MS;
    for (let next = this.#nextOf(); next !== null && !signal.aborted; next = this.#nextOf()) {
      const isAnswered = await this.#load(...next);
      // Rejects with the signal, which ends the loop.
      if (!isAnswered) await sleepUntilOnline(wait, signal).catch(() => undefined);
      wait = isAnswered ? FIRST_WAIT_MS : Math.min(LONGEST_WAIT_MS, wait * 2);
    }
  }

  #nextOf(): [sheet: number, etag: string] | null {
    for (const [sheet, etag] of Object.entries(this.#named)) {
      if (this.isAwaited(Number(sheet))) return [Number(sheet), etag];
    }
    return null;
  }

  /** @returns false if it is worth another try */
  async #load(sheet: number, etag: string): Promise<boolean> {
    const { access, onSheet, signal } = this.#options;
    const current = access();
    const answer = current && (await getSheet(current, sheet, etag, signal));
    if (answer === null || isTransient(answer.status)) return false;
    // Another version was stored meanwhile, or the sheet is gone, and the batch will name another.
    if (answer.image === null || answer.etag !== etag) this.#past.set(sheet, etag);
    if (answer.image === null) return true;
    const version = answer.etag ?? etag;
    this.setKnown(sheet, version);
    await onSheet({ sheet, image: answer.image, etag: version });
    return true;
  }
}
