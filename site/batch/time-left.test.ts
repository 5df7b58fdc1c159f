import { describe, expect, it } from "vitest";
import { Rate, roundedTimeLeft, TimeLeft } from "./time-left.ts";

const STEP_MS = 500;

/** Samples `rate` twice a second with the amounts that `growth(i)` adds at each step. */
function run(rate: Rate, steps: number, growth: (step: number) => number): void {
  let amount = 0;
  for (let step = 0; step <= steps; step++) {
    rate.sample(amount, step * STEP_MS);
    amount += growth(step);
  }
}

describe("Rate", () => {
  it("is null during warm-up", () => {
    const rate = new Rate();
    rate.sample(0, 0);
    rate.sample(500, 500);
    expect(rate.perSecond).toBeNull();
  });

  it("measures a steady rate without bias", () => {
    const rate = new Rate();
    run(rate, 4, () => 50);
    expect(rate.perSecond).toBeCloseTo(100);
  });

  it("smooths bursts", () => {
    const rate = new Rate();
    run(rate, 60, (step) => (step % 4 === 0 ? 200 : 0));
    expect(rate.perSecond).toBeGreaterThan(70);
    expect(rate.perSecond).toBeLessThan(130);
  });

  it("falls to zero without growth", () => {
    const rate = new Rate();
    run(rate, 80, (step) => (step < 20 ? 50 : 0));
    expect(rate.perSecond).toBeLessThan(1);
  });

  it("does not count a pause", () => {
    const rate = new Rate();
    run(rate, 10, () => 50);
    rate.pause();
    rate.sample(500, 60_000);
    rate.sample(550, 60_500);
    expect(rate.perSecond).toBeCloseTo(100);
  });

  it("handles a repeated clock and a shrinking amount", () => {
    const rate = new Rate();
    run(rate, 10, () => 50);
    rate.sample(9999, 5000);
    expect(rate.perSecond).toBeCloseTo(100);
    rate.sample(0, 5500);
    expect(rate.perSecond).toBeGreaterThanOrEqual(0);
  });
});

describe("TimeLeft", () => {
  it.each([
    [0, 1],
    [3.2, 4],
    [12, 15],
    [61, 120],
    [3601, 3900],
  ])("rounds %d seconds up to %d", (seconds, shown) => {
    expect(roundedTimeLeft(seconds)).toBe(shown);
  });

  it("falls freely and does not rise on noise", () => {
    const left = new TimeLeft();
    expect(left.update(40, 1)).toBe(40);
    expect(left.update(44, 1)).toBe(40);
    expect(left.update(30, 1)).toBe(30);
    expect(left.update(60, 1)).toBe(60);
  });

  it("never rises by less than a quarter", () => {
    const left = new TimeLeft();
    let before = Number.POSITIVE_INFINITY;
    for (let step = 0; step < 100; step++) {
      const shown = left.update(100 - step, 1 + 0.1 * Math.sin(step)) ?? Number.NaN;
      expect(shown <= before || shown >= before * 1.1).toBe(true);
      before = shown;
    }
  });

  it("is null if nothing moves", () => {
    const left = new TimeLeft();
    left.update(10, 1);
    expect(left.update(10, 0)).toBeNull();
    expect(left.update(10, null)).toBeNull();
  });
});
