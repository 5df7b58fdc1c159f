import * as fc from "fast-check";
import { expect, test } from "vitest";
import { BundleTime } from "./bundle-time.ts";

/** Sends bundles as large as advised, at least 10 and at most 1000, and returns the weight of the last. */
function lastWeight(msOf: (weight: number) => number, bundles = 40): number {
  const time = new BundleTime();
  let weight = 10;
  for (let n = 0; n < bundles; n++) {
    weight = Math.min(1000, Math.max(10, time.idealWeight));
    time.add(weight, msOf(weight));
  }
  return weight;
}

test("without bundles, there is no ideal weight", () => {
  expect(new BundleTime().idealWeight).toBe(0);
});

test("bundles take about a second, from near and far", () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0, max: 400, noNaN: true }),
      fc.double({ min: 2, max: 50, noNaN: true }),
      (fixedMs, msPerWeight) => {
        const ms = fixedMs + msPerWeight * lastWeight((weight) => fixedMs + msPerWeight * weight);
        expect(ms).toBeGreaterThan(700);
        expect(ms).toBeLessThan(1500);
      },
    ),
  );
});

test("they don't stay small if the smallest takes a second by itself", () => {
  expect(lastWeight((weight) => 1000 + weight)).toBeGreaterThan(500);
});

test("they reach the ideal within a few", () => {
  expect(lastWeight((weight) => 100 + 2 * weight, 8)).toBeGreaterThan(300);
});

test("they become smaller if bundles take longer than before", () => {
  const time = new BundleTime();
  for (let n = 0; n < 20; n++) time.add(400 + n, 900);
  const before = time.idealWeight;
  time.add(400, 120_000);
  expect(time.idealWeight).toBeLessThan(before / 4);
});
