import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Hold } from "./hold.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it("holds for half a minute under a pointer that rests, also after a key", () => {
  const hold = new Hold();
  hold.keep(true);
  hold.keep();
  vi.advanceTimersByTime(29_000);
  expect(hold.isHeld.value).toBe(true);
  hold.keep(true);
  vi.advanceTimersByTime(29_000);
  expect(hold.isHeld.value).toBe(true);
  vi.advanceTimersByTime(1000);
  expect(hold.isHeld.value).toBe(false);
});

it("holds for three seconds after a key or a touch, and ends at once by a release", () => {
  const hold = new Hold();
  hold.keep();
  vi.advanceTimersByTime(2000);
  hold.keep();
  vi.advanceTimersByTime(2999);
  expect(hold.isHeld.value).toBe(true);
  vi.advanceTimersByTime(1);
  expect(hold.isHeld.value).toBe(false);
  hold.keep(true);
  hold.release();
  expect(hold.isHeld.value).toBe(false);
  hold.keep();
  expect(hold.isHeld.value).toBe(true);
});
