/** Maximum number of lines that a report of a failure can have. */
const MAX_LINES = 20000;

/** The events of a simulation: all of them as a hash, and the latest as text. */
export class Trace {
  #low = 0xdeadbeef;
  #high = 0x41c6ce57;
  #lines: string[] = [];

  add(line: string): void {
    this.#lines.push(line);
    if (this.#lines.length > 2 * MAX_LINES) this.#lines = this.#lines.slice(-MAX_LINES);
    this.#mix(line);
  }

  /** Returns the latest lines, oldest first. */
  tail(lines: number): readonly string[] {
    return lines > 0 ? this.#lines.slice(-lines) : [];
  }

  /** Equal for two simulations that took the same steps. */
  get hash(): string {
    return [this.#high, this.#low].map((word) => hex(word >>> 0)).join("");
  }

  /** Mixes as cyrb53 does: fast, and strong enough here. */
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
