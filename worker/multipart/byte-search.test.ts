import * as fc from "fast-check";
import { expect, test } from "vitest";
import { ByteSearcher } from "./byte-search.ts";

/** Text of few letters, with many partial matches. */
const text = (maxLength: number) =>
  fc.string({ unit: fc.constantFrom("a", "b", "-"), minLength: 1, maxLength });

test("indexIn() returns the same index as String.indexOf()", () => {
  fc.assert(
    fc.property(text(6), text(200), (needle, haystack) => {
      const bytes = new TextEncoder().encode(haystack);
      expect(new ByteSearcher(needle).indexIn(bytes)).toBe(haystack.indexOf(needle));
    }),
    { numRuns: 1000 },
  );
});

test("indexIn() finds a match at either end, and none in a shorter text", () => {
  const needle = new ByteSearcher("--end");
  const find = (haystack: string) => needle.indexIn(new TextEncoder().encode(haystack));
  expect([find("--end"), find("--end of it"), find("the --end")]).toEqual([0, 0, 4]);
  expect([find(""), find("--en"), find("the -end")]).toEqual([-1, -1, -1]);
});

/** Returns how many times the search reads a byte. */
function readsOf(needle: string, haystack: string): number {
  let reads = 0;
  const bytes = new TextEncoder().encode(haystack);
  const counted = new Proxy(bytes, {
    get(target, name): unknown {
      if (typeof name === "string" && /^\d+$/u.test(name)) reads++;
      return Reflect.get(target, name, target);
    },
  });
  new ByteSearcher(needle).indexIn(counted);
  return reads;
}

test.each([
  ["the boundary's letters", "a"],
  ["nearly a boundary", `\r\n--${"a".repeat(69)}b`],
  ["its start", "\r\n--"],
  ["line breaks", "\r\n"],
  ["half a boundary", `\r\n--${"a".repeat(35)}`],
])("a search takes at most three reads per byte of content that is %s", (_, repeated) => {
  const content = repeated.repeat(100_000 / repeated.length);
  expect(readsOf(`\r\n--${"a".repeat(70)}`, content)).toBeLessThanOrEqual(3 * content.length);
});
