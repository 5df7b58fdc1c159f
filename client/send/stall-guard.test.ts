import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { StallGuard } from "./stall-guard.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("a request is aborted once nothing has moved for two minutes, as a failed connection", () => {
  const guard = new StallGuard(new AbortController().signal);
  for (let minute = 0; minute < 10; minute++) {
    vi.advanceTimersByTime(60_000);
    guard.moved();
  }
  expect(guard.signal.aborted).toBe(false);
  vi.advanceTimersByTime(120_000);
  expect(guard.signal.reason).toMatchObject({ code: "connection_failed", retryable: true });
});

test("a request that is over is not aborted, and leaves no timer", () => {
  const guard = new StallGuard(new AbortController().signal);
  guard.end();
  expect(vi.getTimerCount()).toBe(0);
});

test("it is aborted with the signal that it was made from", () => {
  const outer = new AbortController();
  const guard = new StallGuard(outer.signal);
  outer.abort(new Error("called off"));
  expect(guard.signal.reason).toMatchObject({ message: "called off" });
  guard.end();
});
