/** Requests in flight at first. */
const FIRST_LIMIT = 4;
/** Most requests in flight: HTTP/2 allows a hundred or more, but the gain of each is less and less. */
const MOST_REQUESTS = 32;

/** The limit is multiplied by this at first, so that small uploads reach it as well. */
const FIRST_STEP = 2;
/** Smaller steps wouldn't stand out from the noise of measuring. */
const LEAST_STEP = 1.15;
/** Steps of later probes, up and down in turn: a server that is less busy is found, or a full queue left. */
const PROBES = [1.25, 0.8];
/** A higher limit is kept if the rate rises by at least this share of the limit's rise. */
const WORTHWHILE = 0.3;
/** The same while it doubles: these steps are measured in little time, and are undone if they were too high. */
const WORTHWHILE_FIRST = 0.1;
/** A lower limit is kept if this much of the rate remains. */
const AS_FAST = 0.97;

/** Time between two probes, doubled by each that finds nothing better, in ms. */
const FIRST_HOLD_MS = 5000;
const LONGEST_HOLD_MS = 40_000;
/** Time for which the limit stays below one that was too high for the server, in ms. */
const CEILING_MS = 5 * 60_000;

/** A request that has ended well. Times are milliseconds of one clock. */
export interface Finished {
  startedAt: number;
  endedAt: number;
  /** Work that the server has confirmed, in any unit. */
  weight: number;
  /** True if no more requests were allowed in flight. */
  wasFull: boolean;
}

/**
 * The number of requests in flight. It climbs while the rate of confirmed work rises with it, holds, and
 * is probed from time to time. It is halved when the server asks to come back later, or doesn't respond.
 *
 * The rate follows from single requests by Little's law: requests in flight × work per request ÷ time
 * per request. So it is known after a few of them, although their responses arrive in bursts.
 */
export class CongestionControl {
  readonly #most: () => number;
  #limit = FIRST_LIMIT;
  /** The best limit so far, and its rate; null if it isn't measured yet. */
  #best: { limit: number; rate: number | null } = { limit: FIRST_LIMIT, rate: null };
  #measurement = new Measurement(0);
  #step = FIRST_STEP;
  #probes = 0;
  /** True if the current limit looked worse once. */
  #isDoubted = false;
  #holdMs = FIRST_HOLD_MS;
  /** The next probe is due at this time. */
  #holdUntil = 0;
  #ceiling = { limit: MOST_REQUESTS, until: 0 };

  /** @param most returns the most requests that the connection or the app allows at the moment */
  constructor(most: () => number) {
    this.#most = () => Math.min(MOST_REQUESTS, most());
  }

  /** Requests that may be in flight. */
  get limit(): number {
    return Math.min(this.#limit, this.#most());
  }

  /** True while the limit doubles at each step. Short requests make the steps short. */
  get isClimbing(): boolean {
    return this.#step === FIRST_STEP;
  }

  /** Records a request that has ended well. */
  finished(request: Finished): void {
    // Without a queue of requests, the rate isn't the limit's.
    if (!request.wasFull) return;
    this.#measurement.add(request, !this.isClimbing);
    if (this.#measurement.count < this.#enough) return;
    this.#decide(this.limit * this.#measurement.rate, request.endedAt);
  }

  /** Records a request that was too much for the server. */
  refused({ startedAt, endedAt }: Pick<Finished, "startedAt" | "endedAt">): void {
    // The others that were in flight at the same time say nothing new.
    if (startedAt < this.#measurement.since) return;
    this.#ceiling = { limit: Math.floor(this.#limit * 0.9), until: endedAt + CEILING_MS };
    this.#best = { limit: Math.max(1, Math.floor(this.#limit / 2)), rate: null };
    this.#probes = 0;
    this.#hold(FIRST_HOLD_MS, endedAt);
  }

  /** One round of requests, or half of one while a wrong step would be noticed anyway. */
  get #enough(): number {
    return this.isClimbing ? Math.max(2, this.#limit / 2) : Math.max(4, this.#limit);
  }

  #decide(rate: number, now: number): void {
    if (this.#limit === this.#best.limit) this.#onHeld(rate, now);
    else if (this.#isBetter(rate)) this.#onBetter(rate, now);
    else this.#onWorse(now);
  }

  #onHeld(rate: number, now: number): void {
    this.#best.rate = this.#best.rate === null ? rate : (this.#best.rate + rate) / 2;
    this.#measurement = new Measurement(now);
    if (now >= this.#holdUntil) this.#try(this.#step, now);
  }

  #isBetter(rate: number): boolean {
    const { limit, rate: before } = this.#best;
    if (before === null) return true;
    const rise = this.#limit / limit - 1;
    const share = this.isClimbing ? WORTHWHILE_FIRST : WORTHWHILE;
    return rate >= before * (rise > 0 ? 1 + share * rise : AS_FAST);
  }

  #onBetter(rate: number, now: number): void {
    const isLower = this.#limit < this.#best.limit;
    this.#best = { limit: this.#limit, rate };
    // One step down at a time: many small losses would add up.
    if (isLower) return this.#hold(this.#holdMs, now);
    this.#holdMs = FIRST_HOLD_MS;
    this.#try(this.#step, now);
  }

  /**
   * Measures the first steps up a second time, since a server that was busy for a moment would end them for
   * many seconds. Then tries a smaller step up at once, and holds when that would be too small.
   */
  #onWorse(now: number): void {
    if (this.isClimbing && !this.#isDoubted) {
      this.#isDoubted = true;
      this.#measurement = new Measurement(now);
      return;
    }
    const smaller = this.#step > 1 ? Math.sqrt(this.#step) : 1;
    if (smaller < LEAST_STEP) return this.#hold(2 * this.#holdMs, now);
    this.#limit = this.#best.limit;
    this.#try(smaller, now);
  }

  #try(step: number, now: number): void {
    const ceiling = now < this.#ceiling.until ? this.#ceiling.limit : MOST_REQUESTS;
    const most = Math.min(ceiling, this.#most());
    const wanted = step > 1 ? Math.ceil(this.#limit * step) : Math.floor(this.#limit * step);
    const next = step > 1 ? Math.min(most, wanted) : Math.max(FIRST_LIMIT, wanted);
    if (step > 1 ? next <= this.#limit : next >= this.#limit) return this.#hold(this.#holdMs, now);
    this.#step = step;
    this.#isDoubted = false;
    this.#limit = next;
    this.#measurement = new Measurement(now);
  }

  #hold(ms: number, now: number): void {
    this.#holdMs = Math.min(ms, LONGEST_HOLD_MS);
    this.#holdUntil = now + this.#holdMs;
    this.#limit = this.#best.limit;
    this.#step = PROBES[this.#probes++ % PROBES.length] ?? 1;
    this.#measurement = new Measurement(now);
  }
}

/** Requests with the same limit. */
class Measurement {
  /** Requests that started earlier had another limit. */
  readonly since: number;
  count = 0;
  /** The server's queue has the length that the limit causes from this time on; null if not yet. */
  #steadySince: number | null = null;
  #weight = 0;
  #ms = 0;

  constructor(since: number) {
    this.since = since;
  }

  /** Work per millisecond of one request. */
  get rate(): number {
    return this.#weight / Math.max(1, this.#ms);
  }

  /** @param awaitsQueue leaves out the first round, whose requests waited in a queue of another length */
  add({ startedAt, endedAt, weight }: Finished, awaitsQueue: boolean): void {
    if (startedAt < this.since) return;
    this.#steadySince ??= awaitsQueue ? endedAt : this.since;
    if (startedAt < this.#steadySince) return;
    this.count++;
    this.#weight += weight;
    this.#ms += endedAt - startedAt;
  }
}
