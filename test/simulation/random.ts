/** A seeded random number generator (sfc32). All randomness of a simulation comes from one instance. */
export class Random {
  readonly #state: Uint32Array;

  /** @param seed a non-negative integer */
  constructor(seed: number) {
    this.#state = Uint32Array.of(seed, seed / 2 ** 32, 0x9e3779b9, 1);
    // The first numbers of similar seeds are similar.
    for (let round = 0; round < 12; round++) this.next();
  }

  /** Returns 32 random bits. */
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

  /** Returns a number from 0 up to, but not including, 1. */
  fraction(): number {
    return this.next() / 2 ** 32;
  }

  /** Returns an integer from `min` to `max`, both included. */
  whole(min: number, max: number): number {
    return min + Math.floor(this.fraction() * (max - min + 1));
  }

  /** Returns a number from `min` to `max`, mostly near `min`, as delays are. */
  skewed(min: number, max: number): number {
    return min + (max - min) * this.fraction() ** 3;
  }

  chance(probability: number): boolean {
    return this.fraction() < probability;
  }

  /** @throws RangeError if there are no choices */
  pick<T>(choices: readonly T[]): T {
    const index = this.whole(0, choices.length - 1);
    for (const choice of choices.slice(index, index + 1)) return choice;
    throw new RangeError("There are no choices.");
  }

  /** Fills `bytes` with random bytes and returns it. */
  fillBytes<Bytes extends Uint8Array>(bytes: Bytes): Bytes {
    for (let index = 0; index < bytes.length; index++) bytes[index] = this.next();
    return bytes;
  }
}
