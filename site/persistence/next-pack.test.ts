import { describe, expect, it } from "vitest";
import { type PackSource, nextPack } from "./next-pack.ts";

const MIB = 1024 * 1024;

/** Files of these sizes, none of which has arrived or is kept, and room for all. */
function waiting(sizes: readonly number[], rest: Partial<PackSource> = {}): PackSource {
  const size = (file: number) => sizes[file] ?? 0;
  const ledger = { count: sizes.length, size, isUploadDone: () => false };
  const contentOf = (file: number) => new Blob([`${file}`]);
  return { ledger, contentOf, isSaved: () => false, freeBytes: 1000 * MIB, ...rest };
}

const idsOf = (keepable: PackSource) => [...nextPack(keepable).keys()];

describe("the next pack", () => {
  it("holds the last files, which are sent last", () => {
    expect(idsOf(waiting([1, 2, 3]))).toEqual([2, 1, 0]);
    expect(idsOf(waiting(Array.from({ length: 250 }, () => 10)))).toEqual(
      Array.from({ length: 25 }, (_, place) => 249 - place),
    );
  });

  it("leaves out what has arrived, is kept, or is not here", () => {
    const some = waiting([1, 1, 1, 1], {
      isSaved: (file) => file === 1,
      contentOf: (file) => (file === 2 ? undefined : new Blob()),
    });
    const ledger = { ...some.ledger, isUploadDone: (file: number) => file === 3 };
    expect(idsOf({ ...some, ledger })).toEqual([0]);
  });

  it("takes no more bytes than are written in a moment, but a file of its own", () => {
    expect(idsOf(waiting([3 * MIB, 2 * MIB, 2 * MIB]))).toEqual([2, 1]);
    expect(idsOf(waiting([MIB, 7 * MIB]))).toEqual([1]);
  });

  it("leaves out files that would take the room of hundreds", () => {
    expect(idsOf(waiting([10, 8 * MIB + 1, 10]))).toEqual([2, 0]);
  });

  it("stays within the room that is left, and fills it with what fits", () => {
    expect(idsOf(waiting([5, 50, 20, 5], { freeBytes: 30 }))).toEqual([3, 2, 0]);
    expect(idsOf(waiting([5], { freeBytes: 4 }))).toEqual([]);
  });
});
