import { isTransient, type SheetAnswer } from "./sheet-requests.ts";

/** Time between two looks at what is due, in milliseconds. */
const CHECK_MS = 1000;
/** A sheet without all of its pictures is sent when none has been drawn for that long. */
const QUIET_MS = 8000;
/** Time between two versions of a sheet: the server refuses a second within 2 s. */
const SPACING_MS = 2500;
/** Waits after a request that may succeed later: doubled up to the longest. */
const LONGEST_WAIT_MS = 60_000;
/** A sheet that is removed again and again is sent at most every 20 s. */
const MAX_DOUBLINGS = 3;

/** A sheet to store. */
export interface DrawnSheet {
  image: Blob;
  /** The stored version whose pictures it has as well; null for none. */
  etag: string | null;
}

interface SheetSenderOptions {
  /** Returns the sheet with the pictures that are here; null if it can't be encoded now. */
  draw: (sheet: number) => Promise<DrawnSheet | null>;
  /** Stores the sheet in place of the version that was drawn over. Null without an answer. */
  put: (sheet: number, drawn: DrawnSheet) => Promise<SheetAnswer | null>;
  /** Draws the stored sheet below the pictures that are here. */
  merge: (sheet: number) => Promise<void>;
  /** True if the batch doesn't list the sheet, which was stored. */
  isUnlisted: (sheet: number) => boolean;
  /** True if no further picture of the sheet is expected. */
  isComplete: (sheet: number) => boolean;
  /** True while no files are sent, which a sheet could delay. */
  isIdle: () => boolean;
  /** True once the batch exists, and as long as it takes sheets. */
  isOpen: () => boolean;
}

/** The token has ended, so that no sheet can be sent any more. */
const ENDED: ReadonlySet<number> = new Set([401, 410]);

/**
 * Stores the contact sheets that were drawn here with the batch. A sheet is one write of the server's, so
 * it is sent once all of its pictures are drawn, or some seconds after the last one.
 */
export class SheetSender {
  readonly #options: SheetSenderOptions;
  /** Times of the last change, by sheet that has to be sent. */
  readonly #changed = new Map<number, number>();
  /** Sheets among these that are only sent if the batch still doesn't list them. */
  readonly #unlisted = new Set<number>();
  /** Number of times that a sheet was sent because it wasn't listed. */
  readonly #restored = new Map<number, number>();
  /** Earliest time of the next request, by sheet. */
  readonly #notBefore = new Map<number, number>();
  #timer: ReturnType<typeof setTimeout> | null = null;
  #isSending = false;
  #hasEnded = false;
  #wait = SPACING_MS;

  constructor(options: SheetSenderOptions) {
    this.#options = options;
  }

  /** Notes that a picture of the sheet was drawn or removed. */
  onChanged(sheet: number): void {
    if (this.#hasEnded) return;
    this.#unlisted.delete(sheet);
    this.#changed.set(sheet, performance.now());
    this.#checkLater(CHECK_MS);
  }

  /**
   * Notes that the batch doesn't list a sheet that was stored: it was removed with a file that it may show,
   * or the batch is older than the sheet. It is sent again if that stays so, each time a little later: a
   * server that doesn't list it at all gets few requests.
   */
  onUnlisted(sheet: number): void {
    if (this.#hasEnded || this.#changed.has(sheet)) return;
    const times = Math.min(MAX_DOUBLINGS, this.#restored.get(sheet) ?? 0);
    this.onChanged(sheet);
    this.#unlisted.add(sheet);
    this.#waitFor(sheet, SPACING_MS * 2 ** times);
  }

  #checkLater(ms: number): void {
    this.#timer ??= setTimeout(() => void this.#check(), ms);
  }

  /** Sends nothing more. */
  dispose(): void {
    this.#hasEnded = true;
    this.#changed.clear();
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  async #check(): Promise<void> {
    this.#timer = null;
    this.#forgetListed();
    const sheet = this.#dueSheet();
    if (sheet !== undefined && !this.#isSending) {
      this.#isSending = true;
      try {
        await this.#send(sheet);
      } finally {
        this.#isSending = false;
      }
    }
    // The sheets of a fast upload are still to be sent at its end, when viewers want to see them.
    const isNextDue = this.#options.isIdle() && this.#dueSheet() !== undefined;
    if (this.#changed.size > 0) this.#checkLater(isNextDue && !this.#isSending ? 0 : CHECK_MS);
  }

  /** Forgets the sheets that the batch lists by now. */
  #forgetListed(): void {
    for (const sheet of this.#unlisted) {
      if (this.#options.isUnlisted(sheet)) continue;
      this.#unlisted.delete(sheet);
      this.#changed.delete(sheet);
    }
  }

  #dueSheet(): number | undefined {
    return [...this.#changed.keys()].find((changed) => this.#isDue(changed));
  }

  #isDue(sheet: number): boolean {
    const { isOpen, isComplete } = this.#options;
    const now = performance.now();
    if (!isOpen() || now < (this.#notBefore.get(sheet) ?? 0)) return false;
    return isComplete(sheet) || now - (this.#changed.get(sheet) ?? now) >= QUIET_MS;
  }

  async #send(sheet: number): Promise<void> {
    const { draw, put } = this.#options;
    // A change from now on needs another request.
    this.#changed.delete(sheet);
    if (this.#unlisted.delete(sheet))
      this.#restored.set(sheet, (this.#restored.get(sheet) ?? 0) + 1);
    const drawn = await draw(sheet);
    if (this.#hasEnded) return;
    // The browser's own encoder always works, and the one in its place may still be loaded.
    if (drawn === null) return this.#retry(sheet, null);
    const answer = await put(sheet, drawn);
    if (!this.#hasEnded) await this.#handle(sheet, answer);
  }

  async #handle(sheet: number, answer: SheetAnswer | null): Promise<void> {
    if (answer === null || isTransient(answer.status)) return this.#retry(sheet, answer);
    if (ENDED.has(answer.status)) return this.dispose();
    if (answer.status === 412) {
      await this.#options.merge(sheet);
      return this.#retry(sheet, answer);
    }
    // Any refusal that is left is of this sheet as it is: beyond the files, or too large.
    this.#wait = SPACING_MS;
    this.#waitFor(sheet, SPACING_MS);
  }

  #retry(sheet: number, answer: SheetAnswer | null): void {
    const wait = Math.max(answer?.retryAfterMs ?? 0, this.#wait);
    this.#wait = Math.min(LONGEST_WAIT_MS, this.#wait * 2);
    this.#waitFor(sheet, wait);
    this.onChanged(sheet);
  }

  #waitFor(sheet: number, ms: number): void {
    const at = Math.max(this.#notBefore.get(sheet) ?? 0, performance.now() + ms);
    this.#notBefore.set(sheet, at);
  }
}
