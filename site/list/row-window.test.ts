import { describe, expect, it } from "vitest";
import { rowWindow, scrollToCenter, scrollToRow } from "./row-window.ts";

const ROW = 56;

describe("rowWindow", () => {
  it("starts at the first row", () => {
    expect(rowWindow({ top: 0, height: 560 }, ROW, 10_000)).toEqual({ first: 0, length: 14 });
  });

  it("shows the first rows while the list is still below the fold", () => {
    expect(rowWindow({ top: -900, height: 800 }, ROW, 10_000)).toEqual({ first: 0, length: 3 });
  });

  it("adds spare rows on both sides in the middle", () => {
    expect(rowWindow({ top: 5600, height: 560 }, ROW, 10_000)).toEqual({ first: 96, length: 18 });
  });

  it("ends at the last row", () => {
    expect(rowWindow({ top: 559_600, height: 560 }, ROW, 10_000)).toEqual({
      first: 9988,
      length: 12,
    });
  });

  it("is empty past the end, after a filter has shortened the list", () => {
    expect(rowWindow({ top: 5600, height: 560 }, ROW, 3)).toEqual({ first: 3, length: 0 });
    expect(rowWindow({ top: 0, height: 560 }, ROW, 0)).toEqual({ first: 0, length: 0 });
  });

  it("does not grow with the number of files", () => {
    for (let top = 0; top < 560_000; top += 777) {
      expect(rowWindow({ top, height: 800 }, ROW, 10_000).length).toBeLessThanOrEqual(24);
    }
  });
});

describe("scrollToRow", () => {
  const viewport = { top: 560, height: 560 };

  it("does not scroll if the row is visible", () => {
    expect(scrollToRow(12, ROW, viewport)).toBe(0);
  });

  it("scrolls as far as needed, up or down", () => {
    expect(scrollToRow(9, ROW, viewport)).toBe(-56);
    expect(scrollToRow(20, ROW, viewport)).toBe(56);
  });

  it("does not leave the row under the sticky header", () => {
    expect(scrollToRow(10, ROW, viewport, 48)).toBe(-48);
  });

  it("scrolls by whole pixels, rounded away from zero", () => {
    const between = { top: 559.5625, height: 560 };
    expect(scrollToRow(20, ROW, between)).toBe(57);
    expect(scrollToRow(9, ROW, between)).toBe(-56);
  });
});

describe("scrollToCenter", () => {
  it("scrolls up or down until the middle of the row is that of the viewport", () => {
    const viewport = { top: 560, height: 560 };
    expect(scrollToCenter(0, ROW, viewport)).toBe(-812);
    expect(scrollToCenter(20, ROW, viewport)).toBe(308);
  });
});
