import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { LIMITS } from "../../protocol/index.ts";
import { Ledger } from "../ledger.ts";
import { TokenBucket } from "./bandwidth.ts";
import { BodyLimit } from "./body-limit.ts";
import { ConcurrencyLimiter } from "./concurrency.ts";
import { FlowControl } from "./flow-control.ts";
import type { UploadOutcomes } from "./outcome.ts";
import type { PlannedRequest } from "./planner.ts";
import { RequestQueue } from "./request-queue.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Files of a bundle that the server stores at a time. */
const STORED_AT_A_TIME = 6;

const sleep = (ms: number) => new Promise((resolve) => void setTimeout(resolve, ms));

/** An upload of small files in modelled time, through everything that decides what is sent when. */
class ModelledUpload {
  readonly #ledger = new Ledger();
  readonly #flow: FlowControl;
  readonly #limiter: ConcurrencyLimiter<PlannedRequest>;
  /** Half of a round trip to the edge, in ms. */
  readonly #wayMs: number;
  readonly #r2Ms: number;
  /** Bytes per second of the line, which carries one request after the other. */
  readonly #lineRate: number;
  #lineFreeAt = 0;
  #rev = 1;
  /** Times at which the client learns that a file is stored. */
  readonly storedAt: number[] = [];

  constructor(
    sizes: readonly number[],
    { roundTripMs = 100, r2Ms = 60, lineRate = Infinity, most = Infinity },
  ) {
    [this.#wayMs, this.#r2Ms, this.#lineRate] = [roundTripMs / 2, r2Ms, lineRate];
    const ledger = this.#ledger;
    ledger.declare(
      sizes.map((size, id) => ({ name: `${id}`, path: null, size, type: "" })),
      1,
    );
    const flow = (this.#flow = new FlowControl({ ledger, most: () => most }));
    const waits = { bandwidth: new TokenBucket(), bodyLimit: new BodyLimit() };
    const queue = new RequestQueue({ ledger, limits: LIMITS, flow, ...waits, onUpcoming() {} });
    queue.add([...sizes.keys()]);
    this.#limiter = new ConcurrencyLimiter({
      limit: () => flow.limit,
      next: () => queue.next(),
      run: (request) => flow.hold(request, () => this.#send(request)),
    });
  }

  /** Returns the seconds until every file is stored. */
  async run(): Promise<number> {
    const start = performance.now();
    this.#limiter.fill();
    await vi.runAllTimersAsync();
    if (this.storedAt.length !== this.#ledger.count) throw new Error("Files are missing.");
    return (Math.max(...this.storedAt) - start) / 1000;
  }

  async #send(request: PlannedRequest): Promise<void> {
    await this.#flow.measure(request, () => this.#respond(request));
  }

  async #respond({ files }: PlannedRequest): Promise<UploadOutcomes> {
    await sleep(this.#wayMs);
    const puts: Promise<unknown>[] = [];
    for (const id of files) {
      await this.#carry(this.#ledger.size(id));
      await puts.at(-STORED_AT_A_TIME);
      const put = sleep(this.#r2Ms);
      puts.push(put);
      void put.then(() => this.#confirm(id));
    }
    await Promise.all(puts);
    await sleep(this.#wayMs);
    return new Map(files.map((id) => [id, { kind: "done" }]));
  }

  #carry(bytes: number): Promise<unknown> {
    const now = performance.now();
    this.#lineFreeAt = Math.max(now, this.#lineFreeAt) + (bytes / this.#lineRate) * 1000;
    return sleep(this.#lineFreeAt - now);
  }

  async #confirm(id: number): Promise<void> {
    await sleep(this.#wayMs);
    this.#ledger.apply([id, "completed", 100, this.#ledger.size(id), null], ++this.#rev);
    this.storedAt.push(performance.now());
    this.#flow.onFilesChanged([id]);
    this.#limiter.fill();
  }
}

const sizesOf = (count: number, size: number) => Array.from({ length: count }, () => size);

/** Returns the seconds of one put per request. */
const putsOf = (files: number, inFlight: number, ms: number) =>
  (Math.ceil(files / inFlight) * ms) / 1000;

test.each([
  { r2Ms: 60, hundred: 1.2, six: 15 },
  { r2Ms: 200, hundred: 1.3, six: 20 },
])(
  "3,000 tiny files with R2 $r2Ms ms away: $hundred × a hundred puts, and $six × six",
  async ({ r2Ms, hundred, six }) => {
    const seconds = await new ModelledUpload(sizesOf(3000, 2000), { r2Ms }).run();
    expect(putsOf(3000, 100, 100 + r2Ms) / seconds).toBeGreaterThan(hundred);
    expect(putsOf(3000, 6, 100 + r2Ms) / seconds).toBeGreaterThan(six);
  },
);

test("over 2.5 Mbit/s, the first photograph is stored as soon as its bytes have arrived", async () => {
  const lineRate = 2_500_000 / 8;
  const upload = new ModelledUpload(sizesOf(40, 200_000), { lineRate });
  const start = performance.now();
  const seconds = await upload.run();
  const first = (Math.min(...upload.storedAt) - start) / 1000;
  expect(first).toBeLessThan(200_000 / lineRate + 0.2);
  // The line is used all the time.
  expect(seconds).toBeLessThan((1.1 * 40 * 200_000) / lineRate);
});

test("over HTTP/1.1, five requests are in flight at most, and the files are stored all the same", async () => {
  const seconds = await new ModelledUpload(sizesOf(1000, 2000), { most: 5 }).run();
  expect(putsOf(1000, 6, 160) / seconds).toBeGreaterThan(8);
});
