import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { StallGuard } from "./stall-guard.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("aborts a request after two minutes without progress, as a failed connection", () => {
  const guard = new StallGuard(new AbortController().signal, () => 0);
  for (let minute = 0; minute < 10; minute++) {
    vi.advanceTimersByTime(60_000);
    guard.moved();
  }
  expect(guard.signal.aborted).toBe(false);
  vi.advanceTimersByTime(120_000);
  expect(guard.signal.reason).toMatchObject({ code: "connection_failed", retryable: true });
});

test("waits while the server receives bytes of a request that was sent", () => {
  let received = 0;
  const guard = new StallGuard(new AbortController().signal, () => received);
  for (let minute = 0; minute < 10; minute++) {
    received += 1;
    vi.advanceTimersByTime(60_000);
  }
  expect(guard.signal.aborted).toBe(false);
  vi.advanceTimersByTime(240_000);
  expect(guard.signal.aborted).toBe(true);
});

test("end() clears the timer", () => {
  const guard = new StallGuard(new AbortController().signal, () => 0);
  guard.end();
  expect(vi.getTimerCount()).toBe(0);
});

test("aborts with the outer signal", () => {
  const outer = new AbortController();
  const guard = new StallGuard(outer.signal, () => 0);
  outer.abort(new Error("cancelled"));
  expect(guard.signal.reason).toMatchObject({ message: "cancelled" });
  guard.end();
});
