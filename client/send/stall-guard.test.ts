import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { StallGuard } from "./stall-guard.ts";

/** The bytes of all requests. */
let flow: { unconfirmed: number; confirmed: number };
/** Confirmed bytes of this request. */
let own: number;

beforeEach(() => {
  vi.useFakeTimers();
  flow = { unconfirmed: 0, confirmed: 0 };
  own = 0;
});
afterEach(() => void vi.useRealTimers());

function guardOf(signal = new AbortController().signal): StallGuard {
  return new StallGuard(signal, flow, () => own);
}

test("aborts a request after two minutes without progress, as a time-out", () => {
  const guard = guardOf();
  for (let minute = 0; minute < 10; minute++) {
    vi.advanceTimersByTime(60_000);
    guard.accepted(false);
  }
  expect(guard.signal.aborted).toBe(false);
  vi.advanceTimersByTime(120_000);
  expect(guard.signal.reason).toMatchObject({ code: "connection_failed", isTimeout: true });
});

test("bytes that were confirmed before the network accepted the last ones don't prolong the wait", () => {
  const guard = guardOf();
  vi.advanceTimersByTime(60_000);
  own = 1;
  Object.assign(flow, { confirmed: 1000, unconfirmed: 1000 });
  guard.accepted(true);
  vi.advanceTimersByTime(119_999);
  expect(guard.signal.aborted).toBe(false);
  vi.advanceTimersByTime(1);
  expect(guard.signal.aborted).toBe(true);
});

test("waits while the server confirms bytes of the request", () => {
  const guard = guardOf();
  guard.accepted(true);
  for (let minute = 0; minute < 10; minute++) {
    own += 1;
    flow.confirmed += 1;
    vi.advanceTimersByTime(60_000);
  }
  expect(guard.signal.aborted).toBe(false);
  vi.advanceTimersByTime(240_000);
  expect(guard.signal.aborted).toBe(true);
});

test("waits behind other requests, up to twice the bytes that were in flight when it was sent", () => {
  flow = { unconfirmed: 32_000_000, confirmed: 5_000_000 };
  const guard = guardOf();
  guard.accepted(true);
  const confirmed = () => {
    while (!guard.signal.aborted) {
      flow.confirmed += 4_000_000;
      vi.advanceTimersByTime(120_000);
    }
    return flow.confirmed - 5_000_000;
  };
  expect(confirmed()).toBe(68_000_000);
});

test("waits while the network accepts bytes, whatever the server confirms of other requests", () => {
  flow = { unconfirmed: 10, confirmed: 0 };
  const guard = guardOf();
  for (let minute = 0; minute < 10; minute++) {
    flow.confirmed += 1000;
    guard.accepted(false);
    vi.advanceTimersByTime(60_000);
  }
  expect(guard.signal.aborted).toBe(false);
  guard.end();
});

test("end() clears the timer", () => {
  guardOf().end();
  expect(vi.getTimerCount()).toBe(0);
});

test("aborts with the outer signal", () => {
  const outer = new AbortController();
  const guard = guardOf(outer.signal);
  outer.abort(new Error("cancelled"));
  expect(guard.signal.reason).toMatchObject({ message: "cancelled" });
  guard.end();
});
