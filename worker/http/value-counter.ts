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

  /**
   * Returns the count after another chunk, which may start and end anywhere, also within a character.
   * It sees every byte of up to 4 MiB. An iterator and private fields in its loop took four times as long.
   */
  add(chunk: Uint8Array): number {
    let count = this.#count;
    let isInString = this.#isInString;
    let isEscaped = this.#isEscaped;
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at];
      if (isEscaped) isEscaped = false;
      else if (byte === QUOTE) isInString = !isInString;
      else if (isInString) isEscaped = byte === BACKSLASH;
      else if (byte === COMMA || byte === BRACKET || byte === BRACE) count++;
    }
    this.#count = count;
    this.#isInString = isInString;
    this.#isEscaped = isEscaped;
    return count;
  }
}
