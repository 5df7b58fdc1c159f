import { KIB } from "../../protocol/index.ts";
import { type BufferAccount, GrowableBuffer, type TakenBytes } from "../streams/buffer.ts";

/** Longest text of a field. Longer content is worth a file, whatever it is. */
const FIELD_BYTES = 64 * KIB;

/** Control characters that text does not contain, unlike tabs and line breaks. */
const CONTROL = /[\0-\x08\x0e-\x1f]/u;

/** The content of a part without a file name and a type, as long as it is plain text. */
export class PlainText {
  readonly #buffer: GrowableBuffer;
  readonly #decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

  constructor(memory: BufferAccount) {
    this.#buffer = new GrowableBuffer(memory);
  }

  /** Adds bytes. Returns false, and adds none, if the content is no short plain text with them. */
  add(bytes: Uint8Array): boolean {
    if (this.#buffer.length + bytes.length > FIELD_BYTES) return false;
    const text = this.#decode(() => this.#decoder.decode(bytes, { stream: true }));
    if (text === null || CONTROL.test(text)) return false;
    this.#buffer.add(bytes);
    return true;
  }

  /** Returns true if the content may end here, and not in the middle of a character. */
  isComplete(): boolean {
    return this.#decode(() => this.#decoder.decode()) !== null;
  }

  /** Returns the bytes so far. */
  take(): TakenBytes {
    return this.#buffer.take();
  }

  clear(): void {
    this.#buffer.clear();
  }

  #decode(decode: () => string): string | null {
    try {
      return decode();
    } catch {
      return null;
    }
  }
}
