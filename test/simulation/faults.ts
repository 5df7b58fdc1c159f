import type { Random } from "./random.ts";

/** Every kind of fault, with how likely it may be at most where it can strike. */
const MAX_RATES = {
  /** A request that never comes to the server. */
  requestLost: 0.3,
  /** A request whose connection breaks while its body travels. */
  requestCut: 0.3,
  /** A request that is done, and whose answer never comes. */
  answerLost: 0.3,
  /** A request that comes twice, the second time maybe much later. */
  requestDoubled: 0.2,
  /** What is lost is lost in silence: nobody is told that the connection is gone. */
  silence: 0.5,
  /** The edge answers 503 by itself. */
  busy: 0.2,
  slowNetwork: 0.3,
  /** A frame after which the socket breaks. */
  socketCut: 0.1,
  /** A frame that leaves a socket which nobody is told is dead. */
  socketDead: 0.05,
  /** A call to a Durable Object that never reaches it. */
  callLost: 0.2,
  /** A call that is done, and whose answer never comes. */
  resultLost: 0.2,
  /** A call that comes later than the next try of it. */
  callLate: 0.2,
  slowCalls: 0.2,
  /** R2 refuses: 429 or 5xx, and nothing has happened. */
  storageRefuses: 0.2,
  /** R2 does what it is asked to, and then throws. */
  storageThrows: 0.2,
  slowStorage: 0.2,
  /** The alarm's or a call's object dies in its next moment. */
  objectCrash: 0.02,
  /** The isolate of a request dies in its next moment, with all its requests. */
  isolateCrash: 0.02,
} as const;

export type FaultKind = keyof typeof MAX_RATES;

/** How many kinds a life has: each alone, and in company, finds what all at once would hide. */
const DEFAULT_SHARE = 0.35;

/** What goes wrong in one life, and how often, until it is calm. */
export class Faults {
  readonly #random: Random;
  readonly #rates = new Map<FaultKind, number>();
  /** Does R2 refuse everything at the moment? */
  isStorageDown = false;
  #areOver = false;

  /** @param share of the kinds of faults that this life has, on average: 0 to 1 */
  constructor(random: Random, share: number = DEFAULT_SHARE) {
    this.#random = random;
    for (const [kind, most] of Object.entries(MAX_RATES)) {
      if (isFaultKind(kind) && random.chance(share))
        this.#rates.set(kind, random.fraction() * most);
    }
  }

  get areOver(): boolean {
    return this.#areOver;
  }

  /** From now on nothing goes wrong any more. */
  stop(): void {
    this.#areOver = true;
    this.isStorageDown = false;
  }

  /** Does it strike this time? */
  occurs(kind: FaultKind): boolean {
    const rate = this.#areOver ? undefined : this.#rates.get(kind);
    return rate !== undefined && this.#random.chance(rate);
  }

  /** What to read of a life first: its kinds of faults. */
  toString(): string {
    const rates = Array.from(this.#rates, ([kind, rate]) => `${kind} ${rate.toFixed(3)}`);
    return rates.length === 0 ? "no faults" : rates.join(", ");
  }
}

function isFaultKind(text: string): text is FaultKind {
  return Object.hasOwn(MAX_RATES, text);
}
