import * as fc from "fast-check";
import { expect, test } from "vitest";
import { BodyLayout } from "./body-layout.ts";
import { multipartBody } from "../transport/multipart-body.ts";

const sizes = fc.array(fc.nat(3000), { minLength: 1, maxLength: 12 });

function layoutOf(list: readonly number[]): BodyLayout {
  return new BodyLayout(list.map((size, id) => ({ id, size })));
}

test("each file's sent bytes only rise, and all are sent at the end", () => {
  const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 20 });
  fc.assert(
    fc.property(sizes, fc.nat(20_000), cuts, (list, framing, fractions) => {
      const layout = layoutOf(list);
      const total = list.reduce((sum, size) => sum + size, framing);
      const sent = new Map<number, number>();
      for (const fraction of [...fractions.toSorted((a, b) => a - b), 1]) {
        layout.advance(Math.floor(fraction * total), total, (id, bytes) => {
          expect(bytes).toBeGreaterThanOrEqual(sent.get(id) ?? 0);
          sent.set(id, bytes);
        });
      }
      expect([...sent.values()]).toEqual(list);
    }),
  );
});

test("finds where each file of a form starts, to a few bytes", async () => {
  const list = [200, 0, 40_000, 1];
  const contents = list.map((size) => new Uint8Array(size));
  const marked = contents[2] ?? new Uint8Array();
  marked[20_000] = 1;
  const { blob } = multipartBody(contents.map((bytes, id) => ({ id, bytes, headers: {} })));
  const seen = new Map<number, number>();
  const middle = (await blob.bytes()).indexOf(1);
  layoutOf(list).advance(middle, blob.size, (id, bytes) => seen.set(id, bytes));
  expect([...seen.keys()]).toEqual([0, 1, 2]);
  expect(Math.abs((seen.get(2) ?? 0) - 20_000)).toBeLessThan(50);
});

test("the bytes of a single file are those of the body", () => {
  const layout = new BodyLayout([{ id: 4, size: 6 }]);
  const seen: [number, number][] = [];
  for (const bytes of [2, 6]) layout.advance(bytes, 6, (...report) => seen.push(report));
  expect(seen).toEqual([
    [4, 2],
    [4, 6],
  ]);
});
