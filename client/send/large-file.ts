import { partLayout, partSize } from "../../protocol/index.ts";
import { RetryBudget } from "../api/retry.ts";
import type { ProblemError } from "../errors.ts";
import type { PartName } from "./part-digests.ts";
import type { ListPartsRequest, PartRequest } from "./planner.ts";
import type { Strikes } from "./strikes.ts";

/** Parts that may be sent next, all at the same time. */
const UPCOMING = 4;

/**
 * The parts of one large file. A part is waiting, in flight (also while it waits to be retried), or
 * stored. If other clients may have sent parts, or an interruption may have lost some, the server is
 * asked for the list of stored parts first.
 */
export class LargeFile {
  readonly id: number;
  readonly #size: number;
  readonly #count: number;
  /** By part number, of parts that have failed. */
  readonly #budgets = new Map<number, RetryBudget>();
  /** By part number, of parts that were put back. */
  readonly #repeats = new Map<number, PartRequest>();
  /** Part numbers, the next one last. */
  #waiting: number[] = [];
  /** Part number to bytes of it that were sent. */
  readonly #inFlight = new Map<number, number>();
  #stored = new Set<number>();
  #storedBytes = 0;
  #list: "known" | "needed" | "requested" = "known";
  /** Strikes of the request for the list. */
  #listStrikes: Strikes | undefined;

  /** @param storedBytes of the file, as far as known; null if the server certainly has nothing */
  constructor(id: number, size: number, storedBytes: number | null) {
    this.id = id;
    this.#size = size;
    this.#count = partLayout(size).count;
    this.#storedBytes = storedBytes ?? 0;
    if (storedBytes === null) this.#enqueueMissing();
    else this.requestList();
  }

  get storedBytes(): number {
    return this.#storedBytes;
  }

  /** Bytes that are stored, or were sent. */
  get sentBytes(): number {
    let bytes = this.#storedBytes;
    for (const [part, sent] of this.#inFlight) if (!this.#stored.has(part)) bytes += sent;
    return bytes;
  }

  /** True if a request is ready. */
  get hasNext(): boolean {
    if (this.#list !== "known") return this.#list === "needed";
    return this.#waiting.length > 0;
  }

  /** True if every part was sent and no response is pending: completing is up to the server. */
  get isSent(): boolean {
    return this.#list === "known" && this.#waiting.length === 0 && this.#inFlight.size === 0;
  }

  /** Returns the next request, whose part is now in flight; undefined if there is none. */
  next(): PartRequest | ListPartsRequest | undefined {
    if (this.#list === "known") return this.#nextPart();
    if (this.#list === "requested") return undefined;
    this.#list = "requested";
    return { kind: "listParts", files: [this.id], strikes: this.#listStrikes };
  }

  /** Returns the next few parts, which keep waiting. */
  upcoming(): readonly PartName[] {
    const parts = this.#waiting.slice(-UPCOMING).toReversed();
    return parts.map((part) => [this.id, part]);
  }

  /**
   * Makes the list of stored parts the next request. Call only while no part is in flight.
   *
   * @param strikes of the same request, if it is repeated
   */
  requestList(strikes?: Strikes): void {
    this.#list = "needed";
    this.#listStrikes = strikes;
  }

  /** Sets how many bytes of a part were sent. */
  setSent(part: number, bytes: number): void {
    if (this.#inFlight.has(part)) this.#inFlight.set(part, bytes);
  }

  /** Records that the server has stored a part. */
  partStored(part: number): void {
    this.#inFlight.delete(part);
    if (this.#stored.has(part)) return;
    this.#stored.add(part);
    this.#storedBytes += partSize(this.#size, part);
  }

  /**
   * Records the server's list of stored parts.
   *
   * @param isIdle true if the server isn't completing the file
   */
  partsListed(stored: readonly number[], isIdle: boolean): void {
    this.#list = "known";
    this.#stored = new Set();
    this.#storedBytes = 0;
    for (const part of stored) this.partStored(part);
    this.#enqueueMissing();
    // Any part that is sent again makes the server complete the file.
    if (isIdle && this.#waiting.length === 0) this.#waiting.push(this.#count);
  }

  /** Records a part's failure. Returns milliseconds to wait before its retry, or null to stop retrying. */
  fail(part: number, problem: ProblemError): number | null {
    this.setSent(part, 0);
    const budget = this.#budgets.get(part) ?? new RetryBudget();
    this.#budgets.set(part, budget);
    return budget.fail(problem);
  }

  /** Puts a part that is in flight back before the waiting ones. `next` returns the request as it is. */
  putBack(request: PartRequest): void {
    if (!this.#inFlight.delete(request.part)) return;
    this.#waiting.push(request.part);
    this.#repeats.set(request.part, request);
  }

  #nextPart(): PartRequest | undefined {
    const part = this.#waiting.pop();
    if (part === undefined) return undefined;
    this.#inFlight.set(part, 0);
    const repeat = this.#repeats.get(part);
    this.#repeats.delete(part);
    return repeat ?? { kind: "part", files: [this.id], part, isRepeat: false };
  }

  #enqueueMissing(): void {
    this.#waiting = [];
    for (let part = this.#count; part > 0; part--) {
      if (!this.#stored.has(part)) this.#waiting.push(part);
    }
  }
}
