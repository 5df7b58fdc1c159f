/**
 * Searches for a sequence of bytes with the Boyer-Moore-Horspool algorithm. After a mismatch it skips
 * up to the length of the sequence, so that a boundary of forty bytes is found without looking at most
 * of the content. `Buffer.indexOf` in workerd looks at every byte.
 *
 * Horspool may compare every byte of the content with every byte of the sequence. Here, bytes are
 * compared from the first one on, which occurs only once in a boundary: the line break before it. So
 * partial matches don't overlap, and no content takes more than two comparisons per byte.
 */
export class ByteSearcher {
  readonly #bytes: Uint8Array;
  /** Distance to skip, by the byte of the haystack at the position of the last byte. */
  readonly #skip: Uint8Array;

  /** @param text ASCII, 1 to 255 characters */
  constructor(text: string) {
    this.#bytes = new TextEncoder().encode(text);
    const last = this.#bytes.length - 1;
    this.#skip = new Uint8Array(256).fill(this.#bytes.length);
    for (const [index, byte] of this.#bytes.subarray(0, last).entries()) {
      this.#skip[byte] = last - index;
    }
  }

  get length(): number {
    return this.#bytes.length;
  }

  /**
   * Returns the index of the first match, or -1.
   *
   * @param from index before which there is none
   */
  indexIn(haystack: Uint8Array, from = 0): number {
    const last = this.#bytes.length - 1;
    const end = haystack.length - last;
    for (let at = from; at < end;) {
      if (this.isAt(haystack, at)) return at;
      at += this.#skip[haystack[at + last] ?? 0] ?? 1;
    }
    return -1;
  }

  /** Returns true if the sequence is at this index. */
  isAt(haystack: Uint8Array, at: number): boolean {
    for (let index = 0; index < this.#bytes.length; index++) {
      if (haystack[at + index] !== this.#bytes[index]) return false;
    }
    return true;
  }
}
