const QUOTE = 0x22;
const COMMA = 0x2c;
const BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const BRACE = 0x7b;

/**
 * Counts the objects, arrays and commas of JSON, which bound the number of its values, while its bytes
 * arrive. Parsed values may take ten times the memory of their text, so they are counted first.
 */
export class ValueCounter {
  #count = 0;
  #isInString = false;
  #isEscaped = false;

  /** Returns the count after another chunk, which may start and end anywhere, also within a character. */
  add(chunk: Uint8Array): number {
    for (const byte of chunk) {
      if (this.#isInString) this.#addInString(byte);
      else if (byte === QUOTE) this.#isInString = true;
      else if (byte === COMMA || byte === BRACKET || byte === BRACE) this.#count++;
    }
    return this.#count;
  }

  #addInString(byte: number): void {
    if (this.#isEscaped) this.#isEscaped = false;
    else if (byte === BACKSLASH) this.#isEscaped = true;
    else if (byte === QUOTE) this.#isInString = false;
  }
}
