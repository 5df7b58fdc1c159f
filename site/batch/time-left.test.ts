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
  it("is the time of the bytes if they take longer than the files", () => {
    const growth = { bytes: growthOf(1000), files: growthOf(100) };
    expect(secondsLeft({ bytes: 50_000, files: 10 }, growth, 10_000)).toBeCloseTo(50);
  });

  it("is about that of the files if they take longer", () => {
    const growth = { bytes: growthOf(1000), files: growthOf(10) };
    const seconds = secondsLeft({ bytes: 2000, files: 1000 }, growth, 10_000) ?? Number.NaN;
    expect(seconds).toBeGreaterThan(75);
    expect(seconds).toBeLessThanOrEqual(100);
  });

  it("is that of the bytes as long as no file is complete", () => {
    const growth = { bytes: growthOf(1000), files: still };
    expect(secondsLeft({ bytes: 50_000, files: 1 }, growth, 10_000)).toBeCloseTo(50);
  });

  it("is that of the files once all bytes have arrived", () => {
    const growth = { bytes: still, files: growthOf(10) };
    const seconds = secondsLeft({ bytes: 0, files: 100 }, growth, 10_000) ?? Number.NaN;
    expect(seconds).toBeGreaterThan(7);
    expect(seconds).toBeLessThanOrEqual(10);
  });

  it.each([
    ["nothing arrives", { bytes: still, files: still }, { bytes: 1, files: 1 }],
    [
      "only files are missing, and none completes",
      { bytes: still, files: still },
      { bytes: 0, files: 1 },
    ],
    [
      "bytes are missing, and only files complete",
      { bytes: still, files: growthOf(1) },
      { bytes: 1, files: 1 },
    ],
    ["hardly a byte arrives", { bytes: growthOf(0.1), files: still }, { bytes: 1e9, files: 1 }],
  ])("is unknown if %s", (_, growth, remaining) => {
    expect(secondsLeft(remaining, growth, 10_000)).toBeNull();
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
