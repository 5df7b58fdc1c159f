import { describe, expect, it } from "vitest";
import { type PackSource, nextPack } from "./next-pack.ts";
import { MIB } from "../../protocol/index.ts";

/** Files of these sizes, none of which is stored or saved, and enough space for all. */
function sourceOf(sizes: readonly number[], overrides: Partial<PackSource> = {}): PackSource {
  const size = (file: number) => sizes[file] ?? 0;
  const ledger = { count: sizes.length, size, isUploadDone: () => false };
  const contentOf = (file: number) => new Blob([`${file}`]);
  return { ledger, contentOf, isSaved: () => false, freeBytes: 1000 * MIB, ...overrides };
}

const idsOf = (source: PackSource) => [...nextPack(source).keys()];

describe("nextPack", () => {
  it("takes the last files first", () => {
    expect(idsOf(sourceOf([1, 2, 3]))).toEqual([2, 1, 0]);
    expect(idsOf(sourceOf(Array.from({ length: 250 }, () => 10)))).toEqual(
      Array.from({ length: 25 }, (_, place) => 249 - place),
    );
  });

  it("skips files that are stored, saved or not available", () => {
    const some = sourceOf([1, 1, 1, 1], {
      isSaved: (file) => file === 1,
      contentOf: (file) => (file === 2 ? undefined : new Blob()),
    });
    const ledger = { ...some.ledger, isUploadDone: (file: number) => file === 3 };
    expect(idsOf({ ...some, ledger })).toEqual([0]);
  });

  it("limits the bytes of a pack, except for a single file", () => {
    expect(idsOf(sourceOf([3 * MIB, 2 * MIB, 2 * MIB]))).toEqual([2, 1]);
    expect(idsOf(sourceOf([MIB, 7 * MIB]))).toEqual([1]);
  });

  it("skips files that are too large to save", () => {
    expect(idsOf(sourceOf([10, 8 * MIB + 1, 10]))).toEqual([2, 0]);
  });

  it("stays within the free bytes, and fills them with files that fit", () => {
    expect(idsOf(sourceOf([5, 50, 20, 5], { freeBytes: 30 }))).toEqual([3, 2, 0]);
    expect(idsOf(sourceOf([5], { freeBytes: 4 }))).toEqual([]);
  });
});
