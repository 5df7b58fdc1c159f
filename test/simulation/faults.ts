import type { Random } from "./random.ts";

/** Every kind of fault, with its highest probability each time it could occur. */
const MAX_RATES = {
  /** A request never reaches the server. */
  requestLost: 0.3,
  /** The connection breaks while the request's body is sent. */
  requestCut: 0.3,
  /** A request is processed, and its response is lost. */
  answerLost: 0.3,
  /** A request arrives twice, the second time up to a minute later. */
  requestDoubled: 0.2,
  /** A lost connection is not reported to the page. */
  silence: 0.5,
  /** The edge responds 503 itself. */
  busy: 0.2,
  slowNetwork: 0.3,
  /** The socket breaks after a frame. */
  socketCut: 0.1,
  /** The socket breaks after a frame, and neither end is notified. */
  socketDead: 0.05,
  /** A call never reaches the Durable Object. */
  callLost: 0.2,
  /** A call is processed, and its result is lost. */
  resultLost: 0.2,
  /** A call arrives after the platform has retried it. */
  callLate: 0.2,
  slowCalls: 0.2,
  /** R2 refuses a call with 429 or 5xx and does nothing. */
  storageRefuses: 0.2,
  /** R2 does what was asked and then throws. */
  storageThrows: 0.2,
  slowStorage: 0.2,
  /** A completion of a multipart upload takes minutes, during which other calls may complete it. */
  slowCompletion: 0.4,
  /** A lifecycle rule has aborted the multipart upload. */
  uploadExpires: 0.02,
  /** The object crashes during a call or an alarm. */
  objectCrash: 0.02,
  /** The isolate crashes during a request, with all its requests. */
  isolateCrash: 0.02,
} as const;

export type FaultKind = keyof typeof MAX_RATES;

/** Kinds that every simulation has. */
const CONSTANT: ReadonlySet<FaultKind> = new Set(["slowCompletion"]);

/** Kinds by which a request may fail again and again although the server can be reached. */
const UNCALM: ReadonlySet<FaultKind> = new Set([
  "requestLost",
  "requestCut",
  "answerLost",
  "busy",
  "isolateCrash",
]);
/** Probability that a simulation has none of these. */
const CALM_CHANCE = 0.3;

/** Share of the kinds that one simulation has. With all of them at once, some would hide others. */
const DEFAULT_SHARE = 0.35;

/** Decides which faults occur in one simulation, until they are stopped. */
export class Faults {
  readonly #random: Random;
  readonly #rates = new Map<FaultKind, number>();
  /** True if only a middlebox refuses a request again and again. */
  readonly isCalm: boolean;
  /** True while R2 refuses everything. */
  isStorageDown = false;
  #areOver = false;

  /** @param share of the kinds of faults that this simulation has on average, 0 to 1 */
  constructor(random: Random, share: number = DEFAULT_SHARE) {
    this.#random = random;
    this.isCalm = random.chance(CALM_CHANCE);
    for (const [kind, maxRate] of Object.entries(MAX_RATES)) {
      if (!isFaultKind(kind) || (this.isCalm && UNCALM.has(kind))) continue;
      if (random.chance(share) || CONSTANT.has(kind))
        this.#rates.set(kind, random.fraction() * maxRate);
    }
  }

  get areOver(): boolean {
    return this.#areOver;
  }

  /** Lets no more faults occur. */
  stop(): void {
    this.#areOver = true;
    this.isStorageDown = false;
  }

  /** Decides whether a fault occurs this time. */
  occurs(kind: FaultKind): boolean {
    const rate = this.#areOver ? undefined : this.#rates.get(kind);
    return rate !== undefined && this.#random.chance(rate);
  }

  /** The kinds of faults with their probabilities: the first line of a trace. */
  toString(): string {
    const rates = Array.from(this.#rates, ([kind, rate]) => `${kind} ${rate.toFixed(3)}`);
    return rates.length === 0 ? "no faults" : rates.join(", ");
  }
}

function isFaultKind(text: string): text is FaultKind {
  return Object.hasOwn(MAX_RATES, text);
}
