/** Gathers chunks into one array. */
export class Collector {
  #chunks: Uint8Array[] = [];
  #length = 0;

  get length(): number {
    return this.#length;
  }

  add(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
  }

  take(): Uint8Array {
    const [only] = this.#chunks;
    const whole = only && this.#chunks.length === 1 ? only : this.#join();
    this.#chunks = [];
    this.#length = 0;
    return whole;
  }

  #join(): Uint8Array {
    const whole = new Uint8Array(this.#length);
    let offset = 0;
    for (const chunk of this.#chunks) {
      whole.set(chunk, offset);
      offset += chunk.length;
    }
    return whole;
  }
}
