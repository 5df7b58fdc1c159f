import { describe, expect, it } from "vitest";
import { Growth } from "./growth.ts";

/** Samples `amount(second)` twice a second, from one time to another in seconds. */
function sample(
  growth: Growth,
  from: number,
  to: number,
  amount: (second: number) => number,
): void {
  for (let at = from; at <= to; at += 0.5) growth.sample(amount(at), at * 1000);
}

/** An amount that grows by 600 every six seconds. */
const inBursts = (second: number) => Math.floor(second / 6) * 600;

describe("the rate", () => {
  it("is unknown during warm-up", () => {
    const growth = new Growth();
    sample(growth, 0, 2, (at) => at * 100);
    expect(growth.perSecond(2000)).toBeNull();
  });

  it("is that of a steady growth", () => {
    const growth = new Growth();
    sample(growth, 0, 30, (at) => at * 100);
    expect(growth.perSecond(30_000)).toBeCloseTo(100);
  });

  it("is the same at any moment between two bursts", () => {
    const growth = new Growth();
    sample(growth, 0, 18, inBursts);
    for (let at = 18; at < 24; at += 0.5) {
      sample(growth, at, at, inBursts);
      expect(growth.perSecond(at * 1000)).toBeCloseTo(100);
    }
  });

  it("doesn't count an amount that was there before, or the time before it", () => {
    const growth = new Growth();
    sample(growth, 0, 40, (at) => (at < 30 ? 0 : 5000 + (at - 30) * 100));
    expect(growth.perSecond(40_000)).toBeCloseTo(100);
  });

  it("follows a change within its window", () => {
    const growth = new Growth();
    sample(growth, 0, 20, (at) => at * 600);
    sample(growth, 20.5, 33, (at) => 12_000 + (at - 20) * 200);
    expect(growth.perSecond(33_000)).toBeCloseTo(200, -1);
  });

  it("falls in a pause, and is unknown after ten seconds", () => {
    const growth = new Growth();
    sample(growth, 0, 20, (at) => at * 100);
    sample(growth, 20.5, 29.5, () => 2000);
    expect(growth.perSecond(29_500)).toBeLessThan(70);
    expect(growth.perSecond(30_000)).toBeNull();
  });

  it("says nothing about the time before a long pause", () => {
    const growth = new Growth();
    sample(growth, 0, 20, (at) => at * 100);
    sample(growth, 20.5, 60, () => 2000);
    sample(growth, 60.5, 65, (at) => 50_000 + (at - 60) * 10);
    expect(growth.perSecond(65_000)).toBeCloseTo(10);
  });

  it("counts no file that starts over as a loss", () => {
    const growth = new Growth();
    sample(growth, 0, 10, (at) => at * 100);
    sample(growth, 10.5, 20, (at) => at * 100 - 500);
    const rate = growth.perSecond(20_000) ?? Number.NaN;
    expect(rate).toBeGreaterThan(90);
    expect(rate).toBeLessThan(105);
  });

  it("is unknown after a single burst", () => {
    const growth = new Growth();
    sample(growth, 0, 8, (at) => (at < 2 ? 0 : 1));
    expect(growth.perSecond(8000)).toBeNull();
  });
});
