/** Random numbers that a seed decides (sfc32): all of a life's chance comes from one of these. */
export class Random {
  readonly #state: Uint32Array;

  /** @param seed whole, not negative */
  constructor(seed: number) {
    this.#state = Uint32Array.of(seed, seed / 2 ** 32, 0x9e3779b9, 1);
    // The first numbers of neighbouring seeds are neighbours, too.
    for (let round = 0; round < 12; round++) this.next();
  }

  /** 32 random bits. */
  next(): number {
    const state = this.#state;
    const [a = 0, b = 0, c = 0, counter = 0] = state;
    const sum = (a + b + counter) >>> 0;
    state[0] = b ^ (b >>> 9);
    state[1] = c + (c << 3);
    state[2] = ((c << 21) | (c >>> 11)) + sum;
    state[3] = counter + 1;
    return sum;
  }

  /** 0 or more, below 1. */
  fraction(): number {
    return this.next() / 2 ** 32;
  }

  /** Whole, from `least` to `most`, both included. */
  whole(least: number, most: number): number {
    return least + Math.floor(this.fraction() * (most - least + 1));
  }

  /** From `least` to `most` (ms, say), mostly near `least`: as delays are. */
  skewed(least: number, most: number): number {
    return least + (most - least) * this.fraction() ** 3;
  }

  chance(probability: number): boolean {
    return this.fraction() < probability;
  }

  /** @throws RangeError where there is nothing to pick from */
  pick<T>(choices: readonly T[]): T {
    const index = this.whole(0, choices.length - 1);
    for (const choice of choices.slice(index, index + 1)) return choice;
    throw new RangeError("There is nothing to pick from.");
  }

  fillBytes<Bytes extends Uint8Array>(bytes: Bytes): Bytes {
    for (let index = 0; index < bytes.length; index++) bytes[index] = this.next();
    return bytes;
  }
}
