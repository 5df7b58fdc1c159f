import type { SheetAnswer } from "./sheet-requests.ts";

/** Time between two looks at what is due, in milliseconds. */
const CHECK_MS = 1000;
/** A sheet without all of its pictures is sent when none has been drawn for that long. */
const QUIET_MS = 8000;
/** Time between two versions of a sheet: the server refuses a second within 2 s. */
const SPACING_MS = 2500;
/** Waits after a request without an answer: doubled up to the longest. */
const LONGEST_WAIT_MS = 60_000;

interface SheetSenderOptions {
  /** Returns the sheet as WebP; null if this browser can't encode it. */
  encode: (sheet: number) => Promise<Blob | null>;
  /** Stores the sheet in place of the version that is known here. Null without an answer. */
  put: (sheet: number, image: Blob) => Promise<SheetAnswer | null>;
  /** Draws the stored sheet below the pictures that are here. */
  merge: (sheet: number) => Promise<void>;
  /** True if no further picture of the sheet is expected. */
  isComplete: (sheet: number) => boolean;
  /** True while no files are sent, which a sheet could delay. */
  isIdle: () => boolean;
  /** True once the batch exists, and as long as it takes sheets. */
  isOpen: () => boolean;
}

/** Answers to a sheet that say nothing about the others: it is beyond the files, or refused. */
const REFUSALS: ReadonlySet<number> = new Set([404, 413, 415]);

/**
 * Stores the contact sheets that were drawn here with the batch. A sheet is one write of the server's, so
 * it is sent once all of its pictures are drawn, or some seconds after the last one.
 */
export class SheetSender {
  readonly #options: SheetSenderOptions;
  /** Times of the last change, by sheet that has to be sent. */
  readonly #changed = new Map<number, number>();
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
    this.#changed.set(sheet, performance.now());
    this.#checkLater(CHECK_MS);
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
    const { encode, put } = this.#options;
    // A change from now on needs another request.
    this.#changed.delete(sheet);
    const image = await encode(sheet);
    if (image === null) return this.dispose();
    const answer = await put(sheet, image);
    if (!this.#hasEnded) await this.#handle(sheet, answer);
  }

  async #handle(sheet: number, answer: SheetAnswer | null): Promise<void> {
    const status = answer?.status ?? 0;
    if (answer === null || status === 429 || status >= 500) return this.#retry(sheet, answer);
    this.#wait = SPACING_MS;
    this.#notBefore.set(sheet, performance.now() + SPACING_MS);
    if (status === 204 || REFUSALS.has(status)) return;
    if (status !== 412) return this.dispose();
    await this.#options.merge(sheet);
    this.onChanged(sheet);
  }

  #retry(sheet: number, answer: SheetAnswer | null): void {
    const wait = Math.max(answer?.retryAfterMs ?? 0, this.#wait);
    this.#wait = Math.min(LONGEST_WAIT_MS, this.#wait * 2);
    this.#notBefore.set(sheet, performance.now() + wait);
    this.onChanged(sheet);
  }
}
