import { MIB, MINUTE_MS } from "../../protocol/index.ts";
import { type ConnectionLost, ServerBusy, TooSlow } from "./body-errors.ts";

/**
 * Bytes of request bodies that an isolate holds at a time. It has 128 MB for all of its requests; code,
 * copies and garbage need the rest.
 */
const ISOLATE_BODY_BYTES = 48 * MIB;

/** A request that has been storing for longer was ended by the platform, and releases nothing. */
const LONGEST_STORING_MS = 10 * MINUTE_MS;

/**
 * The memory of the request bodies of one isolate. Beyond its limit, bodies that wait for their client
 * are given up: first the one with the largest product of bytes and time, so that slow bodies don't keep
 * out fast ones.
 */
export class BodyMemory {
  readonly #limit: number;
  /** Claims that hold bytes. */
  readonly #claims = new Set<MemoryClaim>();
  #used = 0;

  constructor(limit = ISOLATE_BODY_BYTES) {
    this.#limit = limit;
  }

  /** Bytes in use. */
  get used(): number {
    return this.#used;
  }

  /**
   * @param bufferMs longest time for which content is buffered before it is complete; null for no limit
   * @param onLost called at most once, if the body is given up
   */
  claim(bufferMs: number | null, onLost: (error: ConnectionLost) => void): MemoryClaim {
    const claim: MemoryClaim = new MemoryClaim(bufferMs, onLost, (by) => this.#change(claim, by));
    return claim;
  }

  #change(claim: MemoryClaim, by: number): void {
    this.#used += by;
    if (claim.bytes > 0) this.#claims.add(claim);
    else this.#claims.delete(claim);
    if (by > 0) this.#makeRoom();
  }

  #makeRoom(): void {
    while (this.#used > this.#limit) {
      const heaviest = this.#heaviest();
      if (!heaviest) return;
      heaviest.giveUp();
    }
  }

  #heaviest(): MemoryClaim | null {
    const now = Date.now();
    let heaviest: MemoryClaim | null = null;
    let most = 0;
    for (const claim of this.#claims) {
      const weight = claim.weight(now);
      if (weight > most) [heaviest, most] = [claim, weight];
    }
    return heaviest;
  }
}

/** The memory of all bodies in this isolate. */
export const isolateMemory = new BodyMemory();

/** The memory of one request's body. */
export class MemoryClaim {
  readonly #bufferMs: number | null;
  readonly #onLost: (error: ConnectionLost) => void;
  readonly #onChange: (by: number) => void;
  /** Resolves when the isolate needs the memory. */
  readonly #givenUp = Promise.withResolvers<void>();
  #isLost = false;
  #reading = 0;
  #buffered = 0;
  #storing = 0;
  /** Time since which the body has held memory. */
  #since = 0;
  #storingSince = 0;
  /** Time since which buffered content has been incomplete. */
  #incompleteSince = 0;
  #timer: ReturnType<typeof setTimeout> | null = null;

  /** @param onChange reports a difference of bytes. It may give up this or other claims. */
  constructor(
    bufferMs: number | null,
    onLost: (error: ConnectionLost) => void,
    onChange: (by: number) => void,
  ) {
    this.#bufferMs = bufferMs;
    this.#onLost = onLost;
    this.#onChange = onChange;
    // `giveUp` runs in the context of another request, which may not stop this one's timer or cancel its
    // body. A callback runs in the context that registered it.
    void this.#givenUp.promise.then(() => this.#lose(new ServerBusy()));
  }

  get bytes(): number {
    return this.#reading + this.#buffered + this.#storing;
  }

  /** Returns the product of time and the bytes that giving up the body frees. */
  weight(now: number): number {
    const stale = this.#isStale(now) ? this.#storing : 0;
    return (this.#reading + this.#buffered + stale) * (now - this.#since + 1);
  }

  /**
   * Sets the size of the memory that the body is read into.
   *
   * @throws ServerBusy
   */
  read(bytes: number): void {
    this.#add({ reading: bytes });
  }

  /**
   * Adds content that is buffered until it is complete.
   *
   * @throws ServerBusy
   */
  buffer(bytes: number): void {
    const isFirst = this.#buffered === 0;
    this.#add({ buffered: this.#buffered + bytes });
    if (isFirst) this.#limitTime();
  }

  /** Releases buffered content that is not wanted. */
  discard(bytes: number): void {
    this.#set({ buffered: this.#buffered - bytes });
  }

  /**
   * Keeps buffered content that is complete until it has been stored.
   *
   * @returns a function that releases it
   */
  store(bytes: number): () => void {
    this.#storingSince = Date.now();
    this.#set({ buffered: this.#buffered - bytes, storing: this.#storing + bytes });
    return () => this.#set({ storing: this.#storing - bytes });
  }

  /** Gives up the body in favor of other requests. */
  giveUp(): void {
    this.#isLost = true;
    this.#givenUp.resolve();
    const storing = this.#isStale(Date.now()) ? 0 : this.#storing;
    this.#set({ reading: 0, buffered: 0, storing });
  }

  /** Releases everything at the end of the request. */
  end(): void {
    this.#set({ reading: 0, buffered: 0, storing: 0 });
    this.#stopTimer();
  }

  #isStale(now: number): boolean {
    return this.#storing > 0 && now - this.#storingSince > LONGEST_STORING_MS;
  }

  #add(more: { reading?: number; buffered?: number }): void {
    if (!this.#isLost) this.#set(more);
    if (this.#isLost) throw new ServerBusy();
  }

  /** A body that was given up has released its content before. */
  #set({ reading = this.#reading, buffered = this.#buffered, storing = this.#storing }): void {
    const before = this.bytes;
    if (before === 0) this.#since = Date.now();
    this.#reading = reading;
    this.#buffered = Math.max(0, buffered);
    this.#storing = Math.max(0, storing);
    this.#onChange(this.bytes - before);
  }

  /** One timer per body serves all files of a bundle: each that is set costs as much as a digest. */
  #limitTime(): void {
    this.#incompleteSince = Date.now();
    if (this.#timer === null) this.#checkIn(this.#bufferMs);
  }

  #checkIn(ms: number | null): void {
    this.#timer = ms === null ? null : setTimeout(() => this.#checkTime(), ms);
  }

  /** Gives up a body whose content has been incomplete for too long. */
  #checkTime(): void {
    this.#timer = null;
    if (this.#bufferMs === null || this.#buffered === 0) return;
    const left = this.#incompleteSince + this.#bufferMs - Date.now();
    if (left > 0) this.#checkIn(left);
    else this.#lose(new TooSlow());
  }

  #stopTimer(): void {
    clearTimeout(this.#timer);
    this.#timer = null;
  }

  #lose(error: ConnectionLost): void {
    this.#isLost = true;
    this.#set({ reading: 0, buffered: 0 });
    this.#stopTimer();
    this.#onLost(error);
  }
}
