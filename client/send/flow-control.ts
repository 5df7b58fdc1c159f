import { fileWeight, KIB, MIB, partSize } from "../../protocol/index.ts";
import type { ProblemError } from "../errors.ts";
import type { Ledger } from "../ledger.ts";
import { BundleTime } from "./bundle-time.ts";
import { ConfirmedRate } from "./confirmed-rate.ts";
import { CongestionControl, type Finished } from "./congestion.ts";
import type { UploadOutcomes } from "./outcome.ts";
import { MIN_BUNDLE_WEIGHT, type PlannedRequest } from "./planner.ts";

/**
 * Bytes in flight before any are confirmed: many tiny files, but only one photograph. On a slow line the
 * first file is complete as soon as its bytes have arrived, not those of four.
 */
const FIRST_BYTES = 256 * KIB;
/**
 * Bytes in flight, in seconds of the confirmed rate: one second on its way, the next one behind it. A
 * scanner or VPN accepts more at once, and more would only wait there.
 */
const SECONDS_IN_FLIGHT = 2;
/** Bytes of all bundles in flight. They may share an isolate of 128 MB, which holds them in memory. */
const BUNDLED_BYTES = 32 * MIB;

interface FlowControlOptions {
  ledger: Ledger;
  /** Returns the most requests that the connection or the app allows at the moment. */
  most: () => number;
  /** Bytes in flight before any are confirmed. Default: 256 KiB. */
  firstBytes?: number;
}

/** A request in flight. */
interface Trip {
  request: PlannedRequest;
  bytes: number;
  /** Bytes that the server hasn't confirmed. */
  unconfirmed: number;
}

/** A file in flight: small, or some of its parts. */
interface Carried {
  trips: Trip[];
  confirmedBytes: number;
}

/**
 * How much may be in flight: requests (see `CongestionControl`), and bytes by the rate at which the server
 * confirms them. What systems in between accept is no measure, because it may be far from the server.
 */
export class FlowControl {
  readonly #ledger: Ledger;
  readonly #firstBytes: number;
  readonly #congestion: CongestionControl;
  readonly #rate = new ConfirmedRate();
  readonly #trips = new Set<Trip>();
  readonly #carried = new Map<number, Carried>();
  readonly #bundleTime = new BundleTime();

  constructor({ ledger, most, firstBytes = FIRST_BYTES }: FlowControlOptions) {
    this.#ledger = ledger;
    this.#firstBytes = firstBytes;
    this.#congestion = new CongestionControl(most);
  }

  /** Requests that may be in flight. */
  get limit(): number {
    return this.#congestion.limit;
  }

  /** Bytes that the server has confirmed since the start. */
  get confirmed(): number {
    return this.#rate.bytes;
  }

  /** Bytes in flight that the server hasn't confirmed. */
  get unconfirmed(): number {
    return this.#sum(({ unconfirmed }) => unconfirmed);
  }

  /**
   * Weight of a bundle (see `fileWeight`) that takes about a second. While the number of requests doubles,
   * bundles are small and equal, as each step compares the time of some of them with that of earlier ones.
   */
  get bundleWeight(): number {
    if (this.#congestion.isClimbing) return MIN_BUNDLE_WEIGHT;
    return Math.max(MIN_BUNDLE_WEIGHT, this.#bundleTime.idealWeight);
  }

  /** Most bytes of a bundle. A single file may be larger. */
  get bundleBytes(): number {
    return BUNDLED_BYTES / this.limit;
  }

  /** True if a request of so many bytes may start now. One may always be in flight, whatever its size. */
  admits(bytes: number, isBundle: boolean): boolean {
    if (this.#trips.size === 0) return true;
    const bundled = this.#sum(({ request, bytes: held }) => (request.kind === "bundle" ? held : 0));
    if (isBundle && bundled + bytes > BUNDLED_BYTES) return false;
    // The next one starts in time, even if it is larger than all that should be in flight.
    return this.unconfirmed + Math.min(bytes, this.#budget / 2) <= this.#budget;
  }

  /** Counts a request as in flight until `run` has settled it. */
  async hold<Result>(request: PlannedRequest, run: () => Promise<Result>): Promise<Result> {
    const trip = this.#begin(request);
    try {
      return await run();
    } finally {
      this.#end(trip);
    }
  }

  /** Sends a request that is in flight, perhaps with fewer of its files, and learns from its outcomes. */
  async measure(
    request: PlannedRequest,
    send: () => Promise<UploadOutcomes>,
  ): Promise<UploadOutcomes> {
    const startedAt = performance.now();
    const outcomes = await send();
    const times = { startedAt, endedAt: performance.now() };
    if (isTooMuch(outcomes)) this.#congestion.refused(times);
    else if (isStored(outcomes)) this.#learn(request, times);
    if (isStored(outcomes) || isTimedOut(outcomes)) this.#time(request, times);
    return outcomes;
  }

  /** Call after the ledger has applied the server's news of these files. */
  onFilesChanged(files: Iterable<number>): void {
    for (const id of files) {
      const carried = this.#carried.get(id);
      if (!carried) continue;
      const bytes = this.#confirmedBytes(id);
      this.#confirm(carried.trips, bytes - carried.confirmedBytes);
      carried.confirmedBytes = Math.max(bytes, carried.confirmedBytes);
    }
  }

  get #budget(): number {
    return Math.max(this.#firstBytes, SECONDS_IN_FLIGHT * this.#rate.at(performance.now()));
  }

  #sum(bytesOf: (trip: Trip) => number): number {
    let bytes = 0;
    for (const trip of this.#trips) bytes += bytesOf(trip);
    return bytes;
  }

  #begin(request: PlannedRequest): Trip {
    const bytes = this.#bytesOf(request);
    const trip = { request, bytes, unconfirmed: bytes };
    this.#trips.add(trip);
    this.#rate.begin(performance.now());
    for (const id of request.files) this.#carry(id, trip);
    return trip;
  }

  /** Bytes that confirm more than before, the oldest request's first. */
  #confirm(trips: readonly Trip[], bytes: number): void {
    let left = Math.max(0, bytes);
    this.#rate.add(left, performance.now());
    for (const trip of trips) {
      const share = Math.min(left, trip.unconfirmed);
      trip.unconfirmed -= share;
      left -= share;
    }
  }

  #learn(request: PlannedRequest, times: Times): void {
    const wasFull = this.#trips.size >= this.limit;
    this.#confirmTrips(request);
    if (request.kind === "listParts") return;
    this.#congestion.finished({ ...times, weight: this.#weightOf(request), wasFull });
  }

  /** Confirms all of a request's bytes. Rows that report them later confirm nothing more. */
  #confirmTrips(request: PlannedRequest): void {
    const carried = this.#carried.get(request.files[0] ?? -1);
    for (const trip of this.#tripsOf(request)) {
      if (request.kind === "part" && carried) carried.confirmedBytes += trip.unconfirmed;
      this.#confirm([trip], trip.unconfirmed);
    }
  }

  /** The next bundles are smaller after a time-out. */
  #time(request: PlannedRequest, { startedAt, endedAt }: Times): void {
    if (request.kind !== "bundle" && request.kind !== "file") return;
    this.#bundleTime.add(this.#weightOf(request), endedAt - startedAt);
  }

  #weightOf(request: PlannedRequest): number {
    return this.#bytesOf(request) + fileWeight(0) * request.files.length;
  }

  /** Returns the trip of a request, which may have left out some of its files. */
  #tripsOf(sent: PlannedRequest): readonly Trip[] {
    const trips = this.#carried.get(sent.files[0] ?? -1)?.trips ?? [];
    return trips.filter(({ request }) => sent.kind !== "part" || request === sent);
  }

  #end(trip: Trip): void {
    this.#trips.delete(trip);
    this.#rate.end(performance.now());
    for (const id of trip.request.files) {
      const carried = this.#carried.get(id);
      if (carried) carried.trips = carried.trips.filter((other) => other !== trip);
      if (carried?.trips.length === 0) this.#carried.delete(id);
    }
  }

  #carry(id: number, trip: Trip): void {
    const carried = this.#carried.get(id);
    if (carried) carried.trips.push(trip);
    else this.#carried.set(id, { trips: [trip], confirmedBytes: this.#confirmedBytes(id) });
  }

  #bytesOf(request: PlannedRequest): number {
    if (request.kind === "listParts") return 0;
    if (request.kind === "part") return partSize(this.#ledger.size(request.files[0]), request.part);
    return request.files.reduce((sum, id) => sum + this.#ledger.size(id), 0);
  }

  #confirmedBytes(id: number): number {
    const ledger = this.#ledger;
    return ledger.isUploadDone(id) ? ledger.size(id) : ledger.receivedBytes(id);
  }
}

type Times = Pick<Finished, "startedAt" | "endedAt">;

/** True if every file or part of the request is stored. */
function isStored(outcomes: UploadOutcomes): boolean {
  return [...outcomes.values()].every(({ kind }) => kind === "done" || kind === "partStored");
}

/** True if the server asked to come back later, or didn't respond in time. */
function isTooMuch(outcomes: UploadOutcomes): boolean {
  return isTimedOut(outcomes) || someProblem(outcomes, isForLater);
}

function isForLater({ code }: ProblemError): boolean {
  return code === "rate_limited" || code === "busy";
}

function isTimedOut(outcomes: UploadOutcomes): boolean {
  return someProblem(outcomes, ({ isTimeout }) => isTimeout);
}

function someProblem(outcomes: UploadOutcomes, test: (problem: ProblemError) => boolean): boolean {
  return [...outcomes.values()].some((outcome) => "problem" in outcome && test(outcome.problem));
}
