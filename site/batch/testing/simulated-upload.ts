import { type Totals, ZERO_TOTALS } from "../../../protocol/index.ts";

/** The line and the server of a simulated upload. */
export interface Line {
  /** Bytes per second at a time in seconds. */
  rate: (seconds: number) => number;
  /** Requests in flight. They share the rate. */
  requests: number;
  /** Seconds that a request takes beside its bytes: the way to the server and back, and storage. */
  latency: number;
}

/** Larger files are sent in parts of this size. */
const PART_BYTES = 8 * 1024 * 1024;
/** Bytes of a bundle of small files: about a second's worth. */
const BUNDLE_BYTES = 500_000;
const BUNDLE_FILES = 100;
/** Seconds between two reports of a request's bytes, and for a part of a file. */
const REPORT_S = { files: 0.25, part: 1 };

const STEP_S = 0.05;

interface SimulatedRequest {
  bytes: number;
  kind: keyof typeof REPORT_S;
  /** The files that are completed with the last request for them. */
  completes: { files: number; requests: number };
  sent: number;
  reported: number;
  reportedAt: number;
  /** Time at which it is answered; infinite until its last byte has arrived. */
  answeredAt: number;
}

/** The totals of an upload as a server reports them, in steps of simulated time. */
export class SimulatedUpload {
  readonly #line: Line;
  readonly #waiting: SimulatedRequest[];
  readonly #files: number;
  readonly #bytes: number;
  #inFlight: SimulatedRequest[] = [];
  #received = 0;
  #completed = 0;
  /** Seconds since its start. */
  now = 0;

  /** @param sizes bytes of the files, in the order in which they are sent */
  constructor(sizes: readonly number[], line: Line) {
    this.#line = line;
    this.#waiting = requestsFor(sizes);
    this.#files = sizes.length;
    this.#bytes = sum(sizes);
  }

  get isOver(): boolean {
    return this.#completed === this.#files;
  }

  get totals(): Totals {
    const [files, completed] = [this.#files, this.#completed];
    const counts = { files, completed, uploading: files - completed };
    return { ...ZERO_TOTALS, ...counts, bytes: this.#bytes, receivedBytes: this.#received };
  }

  /** Continues for this many seconds. */
  advance(seconds: number): void {
    for (const end = this.now + seconds - STEP_S / 2; this.now < end;) this.#step();
  }

  #step(): void {
    this.now += STEP_S;
    while (this.#inFlight.length < this.#line.requests && this.#waiting.length > 0)
      this.#inFlight.push(...this.#waiting.splice(0, 1));
    const sending = this.#inFlight.filter(
      ({ answeredAt }) => answeredAt === Number.POSITIVE_INFINITY,
    );
    const share = (this.#line.rate(this.now) * STEP_S) / Math.max(1, sending.length);
    for (const request of sending) this.#send(request, share);
    for (const request of this.#inFlight) this.#report(request);
    this.#inFlight = this.#inFlight.filter(({ answeredAt }) => answeredAt > this.now);
  }

  #send(request: SimulatedRequest, bytes: number): void {
    request.sent = Math.min(request.bytes, request.sent + bytes);
    if (request.sent === request.bytes) request.answeredAt = this.now + this.#line.latency;
  }

  #report(request: SimulatedRequest): void {
    const isAnswered = request.answeredAt <= this.now;
    if (isAnswered && --request.completes.requests === 0)
      this.#completed += request.completes.files;
    if (!isAnswered && this.now - request.reportedAt < REPORT_S[request.kind]) return;
    this.#received += request.sent - request.reported;
    [request.reported, request.reportedAt] = [request.sent, this.now];
  }
}

function requestsFor(sizes: readonly number[]): SimulatedRequest[] {
  return bundlesOf(sizes).flatMap((bundle) =>
    sum(bundle) > PART_BYTES
      ? requestsOf(partsOf(sum(bundle)), "part", 1)
      : requestsOf([sum(bundle)], "files", bundle.length),
  );
}

function bundlesOf(sizes: readonly number[]): number[][] {
  const bundles: number[][] = [];
  for (const size of sizes) {
    const last = bundles.at(-1);
    const fits = last && last.length < BUNDLE_FILES && sum(last) + size <= BUNDLE_BYTES;
    if (fits) last.push(size);
    else bundles.push([size]);
  }
  return bundles;
}

function partsOf(size: number): number[] {
  const whole = Math.floor(size / PART_BYTES);
  const rest = size - whole * PART_BYTES;
  return [...Array.from({ length: whole }, () => PART_BYTES), ...(rest > 0 ? [rest] : [])];
}

/** @param files the number of files that these requests complete together */
function requestsOf(
  sizes: readonly number[],
  kind: SimulatedRequest["kind"],
  files: number,
): SimulatedRequest[] {
  const completes = { files, requests: sizes.length };
  const sent = { sent: 0, reported: 0, reportedAt: 0, answeredAt: Number.POSITIVE_INFINITY };
  return sizes.map((bytes) => ({ bytes, kind, completes, ...sent }));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
