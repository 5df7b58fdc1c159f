import { describe, expect, it } from "vitest";
import { milestone } from "./milestone.ts";

describe("milestone", () => {
  it.each([
    [0, 24.9, null],
    [24.9, 25, 25],
    [25, 49, null],
    [10, 80, 75],
    [74, 100, 75],
    [80, 20, null],
  ])("returns the milestone between %d and %d: %o", (before, now, mark) => {
    expect(milestone(before, now)).toBe(mark);
  });
});
