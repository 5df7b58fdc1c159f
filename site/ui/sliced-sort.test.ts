import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sortInSlices } from "./sliced-sort.ts";

const { signal } = new AbortController();

describe("sortInSlices", () => {
  it("sorts stably, as toSorted does", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(9)), async (keys) => {
        const ids = Uint32Array.from(keys.keys());
        const compare = (a: number, b: number): number => (keys[a] ?? 0) - (keys[b] ?? 0);
        const sorted = await sortInSlices(ids, compare, signal);
        expect([...(sorted ?? [])]).toEqual([...keys.keys()].toSorted(compare));
      }),
    );
  });

  it("yields between slices, and stops when aborted", async () => {
    const stopping = new AbortController();
    const wait = (): number => {
      const until = performance.now() + 10;
      while (performance.now() < until);
      return 0;
    };
    const sorting = sortInSlices(new Uint32Array(20), wait, stopping.signal);
    stopping.abort();
    expect(await sorting).toBeNull();
  });
});
