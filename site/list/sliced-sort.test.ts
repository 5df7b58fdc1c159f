import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sortInSlices } from "./sliced-sort.ts";

const { signal } = new AbortController();

describe("sortInSlices", () => {
  it("sorts as a sort in one go does, and keeps what is equal in order", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(9)), async (keys) => {
        const ids = Uint32Array.from(keys.keys());
        const compare = (a: number, b: number): number => (keys[a] ?? 0) - (keys[b] ?? 0);
        const sorted = await sortInSlices(ids, compare, signal);
        expect([...(sorted ?? [])]).toEqual([...keys.keys()].toSorted(compare));
      }),
    );
  });

  it("lets the page go on in between, and stops when nobody wants it any more", async () => {
    const ending = new AbortController();
    const wait = (): number => {
      const until = performance.now() + 10;
      while (performance.now() < until);
      return 0;
    };
    const sorting = sortInSlices(new Uint32Array(20), wait, ending.signal);
    ending.abort();
    expect(await sorting).toBeNull();
  });
});
