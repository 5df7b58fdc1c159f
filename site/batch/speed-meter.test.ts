import { computed, signal } from "@preact/signals";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Ledger } from "../../client/ledger.ts";
import type { ConnectionState } from "../../client/index.ts";
import { ZERO_TOTALS } from "../../protocol/index.ts";
import { countsOf } from "./counts.ts";
import { SpeedMeter } from "./speed-meter.ts";

const BYTES = 100_000;

let rev: number;
let receivedBytes: number;
let ledger: Ledger;
let meter: SpeedMeter;
let stop: () => void;
const connection = signal<ConnectionState>("live");
const batch = signal<{ state: "active" | "paused" } | null>(null);

beforeEach(() => {
  vi.useFakeTimers();
  [rev, receivedBytes] = [0, 0];
  [connection.value, batch.value] = ["live", { state: "active" }];
  ledger = new Ledger();
  meter = new SpeedMeter();
  const counts = computed(() => countsOf(ledger, 1));
  receive(0);
  stop = meter.start({ ledger, counts, connection, batch, isGrowing: signal(false) });
});

afterEach(() => {
  stop();
  vi.useRealTimers();
});

function receive(bytes: number): void {
  receivedBytes += bytes;
  const totals = { ...ZERO_TOTALS, files: 1, uploading: 1, bytes: BYTES, receivedBytes };
  ledger.setTotals(totals, (receivedBytes / BYTES) * 100, ++rev);
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
  expect(shown()).toEqual([expect.closeTo(1000), 120]);
});

it("has neither while the batch is paused", () => {
  pass(10, 1000);
  batch.value = { state: "paused" };
  pass(1, 0);
  expect(shown()).toEqual([null, null]);
});

it("has neither while offline, or after that until bytes move again", () => {
  pass(10, 1000);
  connection.value = "offline";
  pass(1, 0);
  expect(shown()).toEqual([null, null]);
  pass(60, 0);
  connection.value = "live";
  for (let half = 0; half < 20; half++) {
    pass(0.5, 0);
    expect(meter.secondsLeft.value).toBeNull();
    expect(meter.speed.value ?? 0).toBe(0);
  }
  pass(30, 500);
  expect(shown()).toEqual([expect.closeTo(500, -1), 180]);
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
