import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LIMITS, type Limits } from "../../protocol/index.ts";
import { plan } from "./planner.ts";

function waiting(sizes: readonly number[]) {
  return sizes.map((size, id) => ({ id, size }));
}

const smallLimits: Limits = {
  ...LIMITS,
  files: 1000,
  bundleFiles: 7,
  bundleBytes: 1_000_000,
  partBytes: 1_000_000,
  fileBytes: 5_000_000,
  declareFiles: 1000,
  declareBytes: 1_000_000,
};
const sizes = fc.array(fc.oneof(fc.nat({ max: 2000 }), fc.nat({ max: 1_000_000 })), {
  maxLength: 200,
});
const concurrency = fc.integer({ min: 1, max: 8 });

describe("with any sizes", () => {
  test("every file is in exactly one request, in order", () => {
    fc.assert(
      fc.property(sizes, concurrency, (list, count) => {
        const requests = plan(waiting(list), smallLimits, count);
        const planned = requests.flatMap((request) => request.files);
        expect(planned).toEqual(list.map((_, id) => id));
      }),
    );
  });

  test("a bundle keeps both limits and has more than one file", () => {
    fc.assert(
      fc.property(sizes, concurrency, (list, count) => {
        for (const { kind, files } of plan(waiting(list), smallLimits, count)) {
          if (kind === "file") continue;
          const bytes = files.reduce((sum, id) => sum + (list[id] ?? Number.NaN), 0);
          expect(bytes).toBeLessThanOrEqual(smallLimits.bundleBytes);
          expect(files.length).toBeGreaterThan(1);
          expect(files.length).toBeLessThanOrEqual(smallLimits.bundleFiles);
        }
      }),
    );
  });
});

describe("with the default limits and four connections", () => {
  function shape(count: number, size: number): number[] {
    const requests = plan(waiting(Array.from({ length: count }, () => size)), LIMITS, 4);
    return requests.map((request) => request.files.length);
  }

  test("no files need no requests", () => expect(plan([], LIMITS, 4)).toEqual([]));

  test("20 small files use all four connections", () =>
    expect(shape(20, 2000)).toEqual([6, 6, 6, 2]));

  test("5 small files share one request", () => expect(shape(5, 2000)).toEqual([5]));

  test("4 files of 2 MB are sent concurrently", () =>
    expect(shape(4, 2_000_000)).toEqual([1, 1, 1, 1]));

  test("500 files of 20 KB are two full rounds, not one and a single bundle", () => {
    expect(shape(500, 20_000)).toEqual([63, 63, 63, 63, 63, 63, 63, 59]);
  });

  test("490 photographs of 200 KB are three rounds of full bundles", () => {
    const requests = shape(490, 200_000);
    expect(requests).toHaveLength(12);
    expect(Math.max(...requests)).toBe(41);
  });

  test("10,000 tiny files are a hundred full bundles", () => {
    expect(shape(10_000, 2000)).toEqual(Array.from({ length: 100 }, () => 100));
  });

  test("10,000 tiny files are seven rounds of 16 connections", () => {
    const files = waiting(Array.from({ length: 10_000 }, () => 2000));
    expect(plan(files, LIMITS, 16)).toHaveLength(112);
  });

  test("an empty file has a request", () => expect(shape(1, 0)).toEqual([1]));
});
