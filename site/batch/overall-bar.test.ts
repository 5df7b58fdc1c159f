import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Ledger } from "../../client/ledger.ts";
import { FILE_STATES, type FileState, NO_FILES, type Row } from "../../protocol/index.ts";
import { OverallBar } from "./overall-bar.ts";

const MB = 1_000_000;

/** Returns the bar of files of these sizes and rows. */
function barOf(sizes: readonly number[], rows: readonly Row[], sent = 0): OverallBar {
  const ledger = new Ledger();
  ledger.declare(
    sizes.map((size, id) => ({ name: `${id}`, path: null, size, type: "" })),
    1,
  );
  if (sent > 0) ledger.setSent(0, sent);
  for (const row of rows) ledger.apply(row, 2);
  const counts = { ...NO_FILES };
  for (let id = 0; id < ledger.count; id++) counts[ledger.state(id)] += 1;
  const bar = new OverallBar();
  bar.update(ledger, counts, { count: ledger.count, isGrowing: false });
  return bar;
}

/**
 * Returns a function that adds a stored file to a batch, which will have that many files, and returns the
 * share that the bar shows.
 */
function growingBar() {
  const ledger = new Ledger();
  const bar = new OverallBar();
  return (count: number, isGrowing = true): number => {
    const id = ledger.count;
    ledger.declare([{ name: `${id}`, path: null, size: MB, type: "" }], id + 1);
    ledger.apply([id, "completed", 100, MB, null], id + 1);
    const counts = { ...NO_FILES, completed: id + 1, queued: count - id - 1 };
    bar.update(ledger, counts, { count, isGrowing });
    return Math.round(bar.confirmed.value);
  };
}

function parts({ confirmed, sent, failed, cancelled }: OverallBar): number[] {
  return [confirmed, sent, failed, cancelled].map(({ value }) => value);
}

describe("OverallBar", () => {
  it("shows a single large file to scale while its bytes arrive", () => {
    const bar = barOf([60 * MB], [[0, "uploading", 10, 12 * MB, null]], 30 * MB);
    expect(parts(bar)).toEqual([20, 50, 0, 0]);
  });

  it("is full only once every file is stored", () => {
    expect(barOf([60 * MB], [[0, "uploading", 49, 60 * MB, null]]).confirmed.value).toBe(99.99);
    expect(barOf([60 * MB], [[0, "processing", 75, 60 * MB, null]]).confirmed.value).toBe(100);
    const stored: Row = [0, "completed", 100, 60 * MB, null];
    expect(barOf([60 * MB, 0], [stored]).confirmed.value).toBe(99.99);
  });

  it("shows no byte as stored before its file is", () => {
    const arrived = barOf([60 * MB, 20 * MB], [[0, "uploading", 49, 60 * MB, null]]);
    expect([arrived.stored.value, arrived.confirmed.value]).toEqual([0, 75]);
    const row: Row = [1, "processing", 75, 20 * MB, null];
    const stored = barOf([60 * MB, 20 * MB], [[0, "uploading", 49, 60 * MB, null], row]);
    expect([stored.stored.value, stored.confirmed.value]).toEqual([25, 99.99]);
  });

  it("goes by the share that the server reports until the files are listed", () => {
    const ledger = new Ledger();
    const totals = { ...NO_FILES, files: 2, bytes: 80 * MB, receivedBytes: 60 * MB };
    ledger.setTotals({ ...totals, uploading: 1, completed: 1 }, 50, 1, 25);
    const bar = new OverallBar();
    const counts = { ...NO_FILES, uploading: 1, completed: 1 };
    bar.update(ledger, counts, { count: 2, isGrowing: false });
    expect([bar.stored.value, bar.confirmed.value]).toEqual([25, 75]);
  });

  it("shows cancelled and failed files to scale, and never as stored", () => {
    const rows: Row[] = [
      [0, "completed", 100, 2 * MB, null],
      [1, "cancelled", 30, 2 * MB, null],
      [2, "failed", 30, MB, "type_refused"],
    ];
    expect(parts(barOf([2 * MB, 3 * MB, 5 * MB], rows))).toEqual([20, 20, 50, 30]);
  });

  it("goes by the number of files if all are empty", () => {
    const rows: Row[] = [
      [0, "completed", 100, 0, null],
      [1, "uploading", 0, 0, null],
      [2, "failed", 0, 0, "type_refused"],
    ];
    expect(parts(barOf([0, 0, 0, 0], rows))).toEqual([25, 50, 25, 0]);
  });

  it("goes by the totals before the list of files has loaded", () => {
    const ledger = new Ledger();
    const totals = { ...ledger.totals, files: 2, completed: 1, queued: 1 };
    ledger.setTotals({ ...totals, bytes: 4 * MB, receivedBytes: 3 * MB }, 60, 5);
    const bar = new OverallBar();
    const counts = { ...NO_FILES, completed: 1, queued: 1 };
    bar.update(ledger, counts, { count: 2, isGrowing: false });
    expect(parts(bar)).toEqual([75, 75, 0, 0]);
  });

  it("moves while the files of a folder are still being read, and doesn't leap once all are", () => {
    const addStored = growingBar();
    const shown = Array.from({ length: 9 }, () => addStored(10));
    expect(shown).toEqual([10, 20, 30, 40, 50, 60, 70, 80, 90]);
    expect(addStored(10, false)).toBe(100);
  });

  it("doesn't move to and fro with the sizes of the files, but falls when more are found", () => {
    const bar = new OverallBar();
    const ledger = new Ledger();
    ledger.declare([{ name: "a", path: null, size: MB, type: "" }], 1);
    ledger.apply([0, "completed", 100, MB, null], 1);
    const counts = { ...NO_FILES, completed: 1, queued: 3 };
    bar.update(ledger, counts, { count: 4, isGrowing: true });
    expect(bar.confirmed.value).toBe(25);
    ledger.declare([{ name: "b", path: null, size: 3 * MB, type: "" }], 2);
    bar.update(ledger, counts, { count: 4, isGrowing: true });
    expect(bar.confirmed.value).toBe(25);
    bar.update(ledger, { ...counts, queued: 7 }, { count: 8, isGrowing: true });
    expect(bar.confirmed.value).toBe(6.25);
  });

  it("has parts that never exceed it", () => {
    const file = fc.record({
      size: fc.nat({ max: 5000 }),
      state: fc.constantFrom<FileState[]>(...FILE_STATES),
    });
    fc.assert(
      fc.property(fc.array(file, { minLength: 1 }), (files) => {
        const sizes = files.map(({ size }) => size);
        const rows = files.map(({ size, state }, id): Row => [id, state, 10, size >> 1, null]);
        const [confirmed = 0, sent = 0, failed = 0, cancelled = 0] = parts(barOf(sizes, rows));
        expect(sent).toBeGreaterThanOrEqual(confirmed);
        expect(sent + failed + cancelled).toBeLessThanOrEqual(100.001);
      }),
    );
  });
});
