import { describe, expect, it } from "vitest";
import { Ledger } from "../../client/ledger.ts";
import { indexOfFile, mediumOf, viewableFiles } from "./viewable.ts";

/** A ledger of stored files with these types. */
function stored(types: readonly string[]): Ledger {
  const ledger = new Ledger();
  ledger.add(types.map((type, id) => ({ name: `${id}`, path: null, size: 1, type })));
  for (const id of types.keys()) ledger.apply([id, "completed", 100, 1, null], 1);
  return ledger;
}

describe("mediumOf", () => {
  it.each([
    ["image/jpeg", "picture"],
    ["image/heic", "picture"],
    ["video/mp4", "video"],
    ["image/svg+xml", null],
    ["application/pdf", null],
    ["", null],
  ])("of %j is %j", (type, medium) => {
    expect(mediumOf(type)).toBe(medium);
  });
});

describe("viewableFiles", () => {
  it("are the stored pictures and videos, in the order added", () => {
    const ledger = stored(["image/png", "text/plain", "video/mp4", "image/png", "image/png"]);
    ledger.apply([3, "cancelled", 100, 1, null], 2);
    expect([...viewableFiles(ledger)]).toEqual([0, 2, 4]);
  });

  it("are none while nothing is stored", () => {
    const ledger = new Ledger();
    ledger.add([{ name: "a", path: null, size: 1, type: "image/png" }]);
    expect(viewableFiles(ledger)).toHaveLength(0);
  });
});

describe("indexOfFile", () => {
  const files = Uint32Array.of(2, 5, 9);
  it.each([
    [5, 1],
    [6, 2],
    [0, 0],
    [12, 2],
  ])("of file %d is %d", (file, index) => {
    expect(indexOfFile(files, file)).toBe(index);
  });
});
