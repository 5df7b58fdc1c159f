import { describe, expect, it } from "vitest";
import { Ledger } from "../../client/ledger.ts";
import type { Row } from "../../protocol/index.ts";
import { tileAtPlace } from "./tile-view.ts";

/** The tile of the first of these files, after a row. */
function tileOf(name: string, row: Row | null, { hasPicture = false, isExpected = true } = {}) {
  const ledger = new Ledger();
  ledger.add([{ name, path: null, size: 100, type: "" }]);
  if (row !== null) ledger.apply(row, 1);
  const tiles = { has: () => hasPicture, draw: () => undefined };
  const state = (file: number) => ledger.state(file);
  const files = { name: () => name, type: () => "", state };
  return tileAtPlace({ ledger, files, pictures: { tiles, isExpected: () => isExpected } }, 0);
}

describe("tileAtPlace", () => {
  it.each<[Row | null, string, number]>([
    [null, "waiting", 0],
    [[0, "uploading", 0, 40, null], "sending", 0.4],
    [[0, "processing", 75, 100, null], "stored", 1],
    [[0, "completed", 100, 100, null], "stored", 1],
    [[0, "failed", 0, 0, "storage_failed"], "failed", 0],
    [[0, "cancelled", 0, 0, null], "cancelled", 0],
  ])("%o is %s", (row, look, sent) => {
    expect(tileOf("a.jpg", row)).toMatchObject({ look, sent });
  });

  it("shows a file that is queued again with its stored part as sending", () => {
    expect(tileOf("a.jpg", [0, "queued", 0, 50, null]).look).toBe("sending");
  });

  it.each([
    ["clip.MOV", "film"],
    ["notes.txt", "page"],
    ["a.jpg", null],
  ])("%s has the sign %s", (name, glyph) => {
    expect(tileOf(name, null).glyph).toBe(glyph);
  });

  it("draws a picture if there is one", () => {
    expect(tileOf("a.jpg", null).picture).toBeNull();
    expect(tileOf("a.jpg", null, { hasPicture: true }).picture).not.toBeNull();
  });

  it("waits for a picture that may still come, and gives a file without one its sign", () => {
    const stored: Row = [0, "completed", 100, 100, null];
    expect(tileOf("a.jpg", stored)).toMatchObject({ isPending: true, glyph: null });
    const undrawable = tileOf("a.jpg", stored, { isExpected: false });
    expect(undrawable).toMatchObject({ isPending: false, glyph: "page" });
    expect(tileOf("notes.txt", stored)).toMatchObject({ isPending: false, glyph: "page" });
    const drawn = tileOf("a.jpg", stored, { hasPicture: true });
    expect(drawn.isPending).toBe(false);
  });

  it("leaves replaced files out", () => {
    const ledger = new Ledger();
    ledger.add(["a.jpg", "a.jpg"].map((name) => ({ name, path: null, size: 1, type: "" })));
    ledger.apply([0, "cancelled", 0, 0, null], 1);
    ledger.apply([1, "completed", 100, 1, null], 2);
    const drawn: number[] = [];
    const tiles = { has: (file: number) => drawn.push(file) > 0, draw: () => undefined };
    const pictures = { tiles, isExpected: () => true };
    const state = (file: number) => ledger.state(file);
    const files = { name: () => "a.jpg", type: () => "", state };
    expect(tileAtPlace({ ledger, files, pictures }, 0).look).toBe("stored");
    expect(drawn).toEqual([1]);
  });
});
