import { computed, signal } from "@preact/signals";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Ledger } from "../../client/ledger.ts";
import type { ConnectionState, Outage } from "../../client/index.ts";
import { type Totals, ZERO_TOTALS } from "../../protocol/index.ts";
import { countsOf } from "./counts.ts";
import { type MeasuredBoard, startMeter } from "./speed-meter.ts";
import { type Line, SimulatedUpload } from "./testing/simulated-upload.ts";
import { absoluteErrors, quantile } from "./testing/estimate-errors.ts";

const BYTES = 100_000;

let rev: number;
let receivedBytes: number;
let ledger: Ledger;
let meter: MeasuredBoard["meter"];
let stop: () => void;
const connection = signal<ConnectionState>("live");
const batch = signal<{ state: "active" | "paused" } | null>(null);
const outage = signal<Outage | null>(null);
const wait = signal<{ ms: number } | null>(null);
const changes = signal(0);

beforeEach(() => {
  vi.useFakeTimers();
  [rev, receivedBytes] = [0, 0];
  [connection.value, batch.value] = ["live", { state: "active" }];
  [outage.value, wait.value] = [null, null];
  ledger = new Ledger();
  meter = { speed: signal<number | null>(null), secondsLeft: signal<number | null>(null) };
  const counts = computed(() =>
    countsOf(ledger, Math.max(changes.value && ledger.totals.files, 1)),
  );
  receive(0);
  const isGrowing = signal(false);
  stop = startMeter({ ledger, counts, connection, outage, wait, batch, isGrowing, meter });
});

afterEach(() => {
  stop();
  vi.useRealTimers();
});

function report(totals: Totals): void {
  ledger.setTotals(totals, 0, ++rev);
  changes.value = rev;
}

function receive(bytes: number): void {
  receivedBytes += bytes;
  report({ ...ZERO_TOTALS, files: 1, uploading: 1, bytes: BYTES, receivedBytes });
}

/** Advances the clock while bytes arrive at a steady rate. */
function pass(seconds: number, bytesPerSecond: number): void {
  for (let half = 0; half < seconds * 2; half++) {
    receive(bytesPerSecond / 2);
    vi.advanceTimersByTime(500);
  }
}

const shown = () => [meter.speed.value, meter.secondsLeft.value];

it("measures speed and time left of a moving batch", () => {
  pass(10, 1000);
  expect(shown()).toEqual([expect.closeTo(1000), 90]);
});

it("has neither while the batch is paused", () => {
  pass(10, 1000);
  batch.value = { state: "paused" };
  pass(1, 0);
  expect(shown()).toEqual([null, null]);
});

it("has neither after ten seconds without a byte, or until bytes move again", () => {
  pass(10, 1000);
  pass(9, 0);
  expect(shown()).not.toContain(null);
  pass(1, 0);
  expect(shown()).toEqual([null, null]);
  pass(600, 0);
  expect(shown()).toEqual([null, null]);
  pass(20, 500);
  expect(shown()).toEqual([expect.closeTo(500), 165]);
});

it("has neither while offline, or after that until bytes move again", () => {
  pass(10, 1000);
  connection.value = "offline";
  pass(1, 0);
  expect(shown()).toEqual([null, null]);
  pass(60, 0);
  connection.value = "live";
  pass(10, 0);
  expect(shown()).toEqual([null, null]);
  pass(30, 500);
  expect(shown()).toEqual([expect.closeTo(500), 150]);
});

it.each([
  ["during an outage", () => void (outage.value = { reason: "network", since: 0, detail: "" })],
  ["while the server asks for a long wait", () => void (wait.value = { ms: 60_000 })],
])("has neither %s", (_, interrupt) => {
  pass(10, 1000);
  interrupt();
  pass(1, 0);
  expect(shown()).toEqual([null, null]);
});

it("goes on through short waits, which are part of a busy server's speed", () => {
  pass(10, 1000);
  wait.value = { ms: 2000 };
  pass(1, 0);
  expect(shown()).not.toContain(null);
});

it("does not treat progress during an interruption as a burst", () => {
  pass(10, 1000);
  connection.value = "offline";
  pass(10, 0);
  receive(50_000);
  connection.value = "live";
  pass(5, 1000);
  expect(shown()).toEqual([expect.closeTo(1000), 35]);
});

function filesOf(count: number, bytes: number): number[] {
  return Array.from({ length: count }, () => bytes);
}

const WORKLOADS = {
  "490 photos": filesOf(490, 200_000),
  "one file of 60 MB": [60_000_000],
  "3 large and 600 small files": [...filesOf(3, 12_000_000), ...filesOf(600, 2000)],
  "small files between 36 larger ones, and after them": [
    ...Array.from({ length: 36 }, () => [1_000_000, ...filesOf(6, 2000)]).flat(),
    ...filesOf(384, 2000),
  ],
  "600 small and 3 large files": [...filesOf(600, 2000), ...filesOf(3, 12_000_000)],
};

/** Uploads files over a simulated line. Returns what the meter has shown, twice a second. */
function upload(sizes: readonly number[], line: Line) {
  const simulated = new SimulatedUpload(sizes, line);
  const series = [];
  while (!simulated.isOver) {
    simulated.advance(0.5);
    report(simulated.totals);
    vi.advanceTimersByTime(500);
    const { bytes, receivedBytes: received } = simulated.totals;
    series.push({ at: simulated.now, shown: meter.secondsLeft.value, bytesLeft: bytes - received });
  }
  return series;
}

describe.each(Object.entries(WORKLOADS))("%s over a constant line", (_, sizes) => {
  it.each([0.2, 1])(
    "are estimated well if a request takes %d s longer than its bytes",
    (latency) => {
      const series = upload(sizes, { rate: () => 625_000, requests: 4, latency });
      const errors = absoluteErrors(series);
      expect(errors.length).toBeGreaterThan(series.length * 0.85);
      expect(quantile(errors, 0.5)).toBeLessThanOrEqual(0.15);
      expect(quantile(errors, 0.9)).toBeLessThanOrEqual(0.5);
    },
  );
});

it("follows a change of the line within 20 seconds", () => {
  const rateAt = (at: number) => [625_000, 200_000][Math.floor(at / 60)] ?? 1_200_000;
  // With a long latency, the requests would not fill the line.
  const line = { rate: rateAt, requests: 4, latency: 0.02 };
  const actual = upload(filesOf(490, 200_000), line).map(({ at, shown: left, bytesLeft }) => ({
    at,
    shown: left ?? Number.NaN,
    actual: bytesLeft / rateAt(at),
  }));
  // Near the end, rounding to a second is a large error.
  const settled = actual.filter(({ at, actual: left }) => at % 60 > 20 && left > 8);
  expect(settled.length).toBeGreaterThan(180);
  for (const { shown: left, actual: right } of settled)
    expect(Math.abs(left / right - 1)).toBeLessThanOrEqual(0.2);
});
