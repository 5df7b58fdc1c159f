import * as fc from "fast-check";
import { expect, test } from "vitest";
import { cut } from "../testing/collect-form.ts";
import { utf8 } from "../testing/multipart.ts";
import { ValueCounter } from "./value-counter.ts";

function count(chunks: Iterable<Uint8Array>): number {
  const counter = new ValueCounter();
  let total = 0;
  for (const chunk of chunks) total = counter.add(chunk);
  return total;
}

/** Returns the number of values in parsed JSON. */
function valuesIn(value: unknown): number {
  if (typeof value !== "object" || value === null) return 1;
  return Object.values(value).reduce<number>((sum, inner) => sum + valuesIn(inner), 1);
}

/** Returns the number of objects and arrays, and of the commas between their values. */
function structureOf(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  const inner = Object.values(value);
  const commas = Math.max(0, inner.length - 1);
  return inner.reduce<number>((sum, each) => sum + structureOf(each), 1 + commas);
}

test("the count is that of the structure, wherever the text is cut", () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.array(fc.nat()), (value, cuts) => {
      const bytes = utf8(JSON.stringify(value));
      expect(count([bytes])).toBe(structureOf(value));
      expect(count(cut(bytes, cuts))).toBe(structureOf(value));
      expect(valuesIn(value)).toBeLessThanOrEqual(2 * structureOf(value) + 1);
    }),
  );
});

test("text in strings is not counted", () => {
  expect(count([utf8(String.raw`{"[,{\"[,": "\\", "b": ["\\\",["]}`)])).toBe(3);
});
