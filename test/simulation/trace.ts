/** Lines kept for whoever reads how a life failed. */
const MAX_LINES = 20000;

/** All that happened in a life, as a hash; the latest of it, as text. */
export class Trace {
  #low = 0xdeadbeef;
  #high = 0x41c6ce57;
  #lines: string[] = [];

  add(line: string): void {
    this.#lines.push(line);
    if (this.#lines.length > 2 * MAX_LINES) this.#lines = this.#lines.slice(-MAX_LINES);
    this.#mix(line);
  }

  /** The latest lines, oldest first. */
  tail(lines: number): readonly string[] {
    return lines > 0 ? this.#lines.slice(-lines) : [];
  }

  /** Two lives with the same hash went the same way, step by step. */
  get hash(): string {
    return [this.#high, this.#low].map((word) => hex(word >>> 0)).join("");
  }

  /** cyrb53's mixing: this need not be strong, but quick. */
  #mix(line: string): void {
    for (let index = 0; index < line.length; index++) {
      const code = line.charCodeAt(index);
      this.#low = Math.imul(this.#low ^ code, 2654435761);
      this.#high = Math.imul(this.#high ^ code, 1597334677);
    }
    this.#low = Math.imul(this.#low ^ (this.#high >>> 13), 2246822507);
    this.#high = Math.imul(this.#high ^ (this.#low >>> 16), 3266489909);
  }
}

function hex(word: number): string {
  return word.toString(16).padStart(8, "0");
}
