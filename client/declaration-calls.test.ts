import * as fc from "fast-check";
import { expect, test } from "vitest";
import { KIB, LIMITS } from "../protocol/index.ts";
import { declarationCalls } from "./declaration-calls.ts";

const LONGEST = { name: "n".repeat(1024), path: "p".repeat(4096), size: 1, type: "image/png" };

/** Returns the bytes of a call's body, with the longest metadata. */
function bodyBytes(files: unknown): number {
  const body = { files, metadata: { text: "m".repeat(16 * KIB - 11) }, sealed: false };
  return new TextEncoder().encode(JSON.stringify(body)).length;
}

test("every call is within the limits, and all files are in one, in order", () => {
  const file = fc.record({
    name: fc.string({ unit: "grapheme", minLength: 1, maxLength: 300 }),
    size: fc.nat(),
    type: fc.constant(""),
  });
  fc.assert(
    fc.property(
      fc.array(file, { maxLength: 60, size: "medium" }),
      fc.nat(20),
      (files, declareFiles) => {
        const limits = { declareFiles: declareFiles + 1, declareBytes: 20 * KIB };
        const calls = [...declarationCalls(files, limits)];
        expect(calls.flat()).toEqual(files);
        for (const call of calls) {
          expect(call.length).toBeLessThanOrEqual(limits.declareFiles);
          expect(bodyBytes(call)).toBeLessThanOrEqual(limits.declareBytes);
        }
      },
    ),
  );
});

test("10,000 files with short names take one call, and with the longest names a few", () => {
  const callsFor = (name: object) =>
    [
      ...declarationCalls(
        Array.from({ length: 10_000 }, () => ({ ...LONGEST, ...name })),
        LIMITS,
      ),
    ].length;
  expect(callsFor({ name: "IMG_2041.jpg", path: "Holiday/2026/IMG_2041.jpg" })).toBe(1);
  expect(callsFor({})).toBe(13);
});

test("no files need no call", () => {
  expect([...declarationCalls([], LIMITS)]).toEqual([]);
});
