import { partLayout, partSize } from "../../protocol/index.ts";
import { Attempts } from "./attempts.ts";
import type { PartName } from "./part-digests.ts";
import type { PartRequest, ListPartsRequest } from "./planner.ts";
import type { ProblemError } from "../errors.ts";

/** Parts that may be sent next, all at the same time. */
const UPCOMING = 4;

/**
 * What is still to be sent of one file that goes up in parts. A part waits, or is away (on its way,
 * or at rest until it is tried again), or is stored. Where others may have sent parts, or an
 * interruption may have lost some, the server is asked first which are there.
 */
export class LargeFile {
  readonly id: number;
  readonly #size: number;
  readonly #count: number;
  readonly #attempts = new Attempts();
  /** Part numbers, the next one last. */
  #waiting: number[] = [];
  /** Part number to bytes of it that went out. */
  readonly #away = new Map<number, number>();
  #stored = new Set<number>();
  #storedBytes = 0;
  #survey: "none" | "due" | "asked" = "none";

  /** @param storedBytes of the file, as far as known; null where it is surely new to the server */
  constructor(id: number, size: number, storedBytes: number | null) {
    this.id = id;
    this.#size = size;
    this.#count = partLayout(size).count;
    this.#storedBytes = storedBytes ?? 0;
    if (storedBytes === null) this.#waitForTheRest();
    else this.requestList();
  }

  /** Bytes that are stored. */
  get storedBytes(): number {
    return this.#storedBytes;
  }

  /** Bytes that are stored, or on their way. */
  get sentBytes(): number {
    let bytes = this.#storedBytes;
    for (const [part, sent] of this.#away) if (!this.#stored.has(part)) bytes += sent;
    return bytes;
  }

  /** Is there something to send, or to ask? */
  get hasNext(): boolean {
    if (this.#survey !== "none") return this.#survey === "due";
    return this.#waiting.length > 0;
  }

  /** Has everything been sent, and is it the server's turn? */
  get isSent(): boolean {
    return this.#survey === "none" && this.#waiting.length === 0 && this.#away.size === 0;
  }

  /** The next request, which is now away; undefined where there is none. */
  next(): PartRequest | ListPartsRequest | undefined {
    if (this.#survey === "none") return this.#nextPart();
    if (this.#survey === "asked") return undefined;
    this.#survey = "asked";
    return { kind: "survey", files: [this.id] };
  }

  /** The few parts that come next, which are not away for that. */
  upcoming(): readonly PartName[] {
    const parts = this.#waiting.slice(-UPCOMING).toReversed();
    return parts.map((part) => [this.id, part]);
  }

  /** The server is to be asked which parts are there. Only while nothing is away. */
  requestList(): void {
    this.#survey = "due";
  }

  /** `bytes` of a part have gone out. */
  setSent(part: number, bytes: number): void {
    if (this.#away.has(part)) this.#away.set(part, bytes);
  }

  /** The part is there. */
  partStored(part: number): void {
    this.#away.delete(part);
    if (this.#stored.has(part)) return;
    this.#stored.add(part);
    this.#storedBytes += partSize(this.#size, part);
  }

  /**
   * The server says which parts are there.
   *
   * @param isIdle is nobody putting them together?
   */
  partsListed(stored: readonly number[], isIdle: boolean): void {
    this.#survey = "none";
    this.#stored = new Set();
    this.#storedBytes = 0;
    for (const part of stored) this.partStored(part);
    this.#waitForTheRest();
    // Any part that comes once more has the server put them together.
    if (isIdle && this.#waiting.length === 0) this.#waiting.push(this.#count);
  }

  /**
   * Counts a failure of a part, which rests.
   *
   * @returns after how many milliseconds to put it back; null is never
   */
  fail(part: number, problem: ProblemError): number | null {
    this.setSent(part, 0);
    return this.#attempts.fail(part, problem);
  }

  /** The network was to blame for what failed. */
  resetAttempts(): void {
    this.#attempts.reset();
  }

  /** A part that is away waits again, before all others. */
  putBack(part: number): void {
    if (this.#away.delete(part)) this.#waiting.push(part);
  }

  #nextPart(): PartRequest | undefined {
    const part = this.#waiting.pop();
    if (part === undefined) return undefined;
    this.#away.set(part, 0);
    return { kind: "part", files: [this.id], part, isRepeat: this.#attempts.hasFailed(part) };
  }

  #waitForTheRest(): void {
    this.#waiting = [];
    for (let part = this.#count; part > 0; part--) {
      if (!this.#stored.has(part)) this.#waiting.push(part);
    }
  }
}
