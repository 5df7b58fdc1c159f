import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { isSteady } from "./row-press.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it("a row is steady again 300 ms after it, or all rows, have moved", () => {
  const row = { displayed: { movedAt: Number.NEGATIVE_INFINITY } };
  expect(isSteady(row)).toBe(true);
  row.displayed.movedAt = performance.now();
  vi.advanceTimersByTime(299);
  expect(isSteady(row)).toBe(false);
  const shiftedAt = performance.now();
  vi.advanceTimersByTime(1);
  expect([isSteady(row), isSteady(row, shiftedAt)]).toEqual([true, false]);
  vi.advanceTimersByTime(299);
  expect(isSteady(row, shiftedAt)).toBe(true);
});
