import * as fc from "fast-check";
import { expect, test } from "vitest";
import { ByteSearcher } from "./byte-search.ts";

/** Of few letters, so that much of it nearly matches. */
const text = (maxLength: number) =>
  fc.string({ unit: fc.constantFrom("a", "b", "-"), minLength: 1, maxLength });

test("a needle is found where it begins first, as in a string", () => {
  fc.assert(
    fc.property(text(6), text(200), (needle, haystack) => {
      const bytes = new TextEncoder().encode(haystack);
      expect(new ByteSearcher(needle).indexIn(bytes)).toBe(haystack.indexOf(needle));
    }),
    { numRuns: 1000 },
  );
});

test("a needle is found at both ends, and not in less than it", () => {
  const needle = new ByteSearcher("--end");
  const find = (haystack: string) => needle.indexIn(new TextEncoder().encode(haystack));
  expect([find("--end"), find("--end of it"), find("the --end")]).toEqual([0, 0, 4]);
  expect([find(""), find("--en"), find("the -end")]).toEqual([-1, -1, -1]);
});
