import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fileWeight, MIB } from "../../protocol/index.ts";
import {
  firstBundle,
  MIN_BUNDLE_WEIGHT,
  type PlannedRequest,
  shareOf,
  without,
} from "./planner.ts";
import { Split } from "./split.ts";

function waiting(sizes: readonly number[]) {
  return sizes.map((size, id) => ({ id, size }));
}

const weightOf = (sizes: readonly number[]) =>
  sizes.reduce((sum, size) => sum + fileWeight(size), 0);

const sizes = fc.array(fc.oneof(fc.nat({ max: 2000 }), fc.nat({ max: 1_000_000 })), {
  maxLength: 200,
});
const limits = fc.record({
  files: fc.integer({ min: 1, max: 100 }),
  bytes: fc.integer({ min: 1, max: 8 * MIB }),
  bodyBytes: fc.integer({ min: 1, max: 8 * MIB }),
  weight: fc.integer({ min: MIN_BUNDLE_WEIGHT, max: 16 * MIB }),
});

describe("firstBundle", () => {
  test("takes files from the start: at least one, and as many as the limits allow", () => {
    fc.assert(
      fc.property(sizes, limits, (list, most) => {
        const bundle = firstBundle(waiting(list), most).map(({ id }) => id);
        expect(bundle).toEqual(list.map((_, id) => id).slice(0, bundle.length));
        expect(bundle.length > 0).toBe(list.length > 0);
        const taken = list.slice(0, bundle.length);
        const bytes = taken.reduce((sum, size) => sum + size, 0);
        const keepsLimits =
          taken.length <= most.files &&
          bytes <= most.bytes &&
          bytes + 215 * taken.length <= most.bodyBytes;
        expect(taken.length <= 1 || keepsLimits).toBe(true);
        expect(weightOf(taken.slice(0, -1))).toBeLessThan(most.weight);
      }),
    );
  });
});

describe("shareOf", () => {
  test("is the usual weight while there is plenty, and an equal share of what is left", () => {
    const usual = 100 * MIN_BUNDLE_WEIGHT;
    expect(shareOf(usual, 1000 * usual, 4)).toBe(usual);
    expect(shareOf(usual, 2 * usual, 4)).toBe(usual / 2);
  });

  test("is no less than a quarter of the usual weight, nor than six empty files", () => {
    expect(shareOf(100 * MIN_BUNDLE_WEIGHT, 1, 4)).toBe(25 * MIN_BUNDLE_WEIGHT);
    expect(shareOf(MIN_BUNDLE_WEIGHT, 1, 4)).toBe(MIN_BUNDLE_WEIGHT);
  });
});

describe("without", () => {
  const strikes = { foreign: 1, network: 1, since: 0, areOthersStored: false };
  const split = new Split(2, () => undefined);
  const bundle: PlannedRequest = { kind: "bundle", files: [1, 2, 3], strikes, split };

  test("leaves files out of a bundle, which keeps its strikes and its split", () => {
    expect(without(bundle, [2])).toEqual({ kind: "bundle", files: [1, 3], strikes, split });
    expect(without(bundle, [1, 2])).toEqual({ kind: "file", files: [3], strikes, split });
    expect(without(bundle, [1, 2, 3])).toBeNull();
  });

  test("returns the same request if it has none of the files", () => {
    const part: PlannedRequest = { kind: "part", files: [1], part: 2, isRepeat: true, strikes };
    for (const request of [bundle, part]) expect(without(request, [4])).toBe(request);
    expect(without(part, [1])).toBeNull();
  });
});
