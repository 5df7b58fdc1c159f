import { describe, expect, it } from "vitest";
import { Growth } from "./growth.ts";
import { roundedTimeLeft, secondsLeft, TimeLeft } from "./time-left.ts";

/** Growth by this much per second, for ten seconds. */
function growthOf(perSecond: number): Growth {
  const growth = new Growth();
  for (let at = 0; at <= 10; at += 0.5) growth.sample(at * perSecond, at * 1000);
  return growth;
}

const still = growthOf(0);

describe("secondsLeft", () => {
  it.each([
    ["the bytes", { bytes: 50_000, files: 500, processing: 10 }, 50],
    ["the files", { bytes: 2000, files: 5000, processing: 10 }, 25],
    ["the processing", { bytes: 2000, files: 3000, processing: 3000 }, 15],
    ["the files once all bytes have arrived", { bytes: 0, files: 2000, processing: 0 }, 10],
  ])("is the time of %s", (_, remaining, seconds) => {
    const growth = { bytes: growthOf(1000), files: growthOf(200) };
    expect(secondsLeft(remaining, growth, 10_000)).toBeCloseTo(seconds);
  });

  it("is that of the bytes if small files are slow because large ones share the line", () => {
    const growth = { bytes: growthOf(1000), files: growthOf(2) };
    expect(secondsLeft({ bytes: 50_000, files: 600, processing: 0 }, growth, 10_000)).toBe(50);
  });

  it("is that of the processing if it is slow", () => {
    const growth = { bytes: growthOf(1000), files: growthOf(2) };
    expect(secondsLeft({ bytes: 5000, files: 80, processing: 60 }, growth, 10_000)).toBe(30);
    expect(secondsLeft({ bytes: 0, files: 80, processing: 80 }, growth, 10_000)).toBe(40);
  });

  it("is that of the bytes as long as no file is complete", () => {
    const growth = { bytes: growthOf(1000), files: still };
    expect(secondsLeft({ bytes: 50_000, files: 1, processing: 0 }, growth, 10_000)).toBe(50);
  });

  it.each([
    ["nothing arrives", still, still, { bytes: 1, files: 1 }],
    ["only files are missing, and none completes", growthOf(1), still, { bytes: 0, files: 1 }],
    ["bytes are missing, and only files complete", still, growthOf(1), { bytes: 1, files: 1 }],
    ["hardly a byte arrives", growthOf(0.1), still, { bytes: 1e9, files: 1 }],
  ])("is unknown if %s", (_, bytes, files, remaining) => {
    expect(secondsLeft({ ...remaining, processing: 0 }, { bytes, files }, 10_000)).toBeNull();
  });
});

describe("TimeLeft", () => {
  it.each([
    [0, 1],
    [3.2, 3],
    [19.4, 19],
    [33, 35],
    [61, 60],
    [130, 135],
    [3601, 3600],
  ])("rounds %d seconds to %d", (seconds, shown) => {
    expect(roundedTimeLeft(seconds)).toBe(shown);
  });

  it("counts down like a clock while the estimates are about right", () => {
    const left = new TimeLeft();
    const shown = [18, 16.4, 16.5, 14.5, 14].map((seconds, at) => left.update(seconds, at * 1000));
    expect(shown).toEqual([18, 17, 16, 15, 14]);
  });

  it("follows an estimate that is clearly another", () => {
    const left = new TimeLeft();
    const shown = [18, 10, 19].map((seconds, at) => left.update(seconds, at * 1000));
    expect(shown).toEqual([18, 10, 19]);
  });

  it("is unknown as long as the estimate is", () => {
    const left = new TimeLeft();
    expect([18, null, 19].map((seconds) => left.update(seconds, 0))).toEqual([18, null, 19]);
  });
});
