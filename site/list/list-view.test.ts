import { describe, expect, it, onTestFinished } from "vitest";
import { filterFiles, ListView } from "./list-view.ts";
import type { Filter } from "./state-display.ts";
import { boardOf, ledgerOf } from "./testing/boards.ts";

describe("filterFiles", () => {
  const ledger = ledgerOf("holiday/IMG_1.jpg", "holiday/IMG_2.jpg", "Ärzte/brief.pdf");
  ledger.apply([0, "completed", 100, 10, null], 1);
  ledger.apply([1, "failed", 20, 5, "storage_failed"], 1);

  const found = (filter: Filter, text: string, order: Uint32Array | null = null): number[] => {
    const matches = (id: number) => ledger.path(id)?.includes(text) === true;
    return [...filterFiles(ledger, { filter, matches, order })];
  };

  it("returns all files in the order added", () => {
    expect(found("all", "")).toEqual([0, 1, 2]);
  });

  it("filters by state", () => {
    expect(found("completed", "")).toEqual([0]);
    expect(found("failed", "")).toEqual([1]);
    expect(found("inProgress", "")).toEqual([]);
  });

  it("combines filter and search", () => {
    expect(found("failed", "holiday")).toEqual([1]);
    expect(found("failed", "brief")).toEqual([]);
  });

  it("leaves out files that were replaced", () => {
    const files = ledgerOf("a", "b", "a");
    files.apply([0, "cancelled", 0, 0, null], 1);
    const all = { filter: "all", matches: () => true, order: null } as const;
    expect([...filterFiles(files, all)]).toEqual([1, 2]);
    expect([...filterFiles(files, { ...all, filter: "cancelled" })]).toEqual([]);
    expect([...filterFiles(files, { ...all, order: Uint32Array.of(2, 1, 0) })]).toEqual([2, 1]);
  });

  it("follows the given order, with new files at the end", () => {
    expect(found("all", "", Uint32Array.of(1, 0))).toEqual([1, 0, 2]);
    expect(found("all", "holiday", Uint32Array.of(2, 1, 0))).toEqual([1, 0]);
  });
});

describe("ListView", () => {
  it("searches names and folders, ignoring case and Unicode forms", async () => {
    const paths = ["holiday/IMG_1.jpg", "holiday/IMG_2.jpg", "A\u0308rzte/brief.pdf"];
    const list = new ListView(boardOf(ledgerOf(...paths)));
    const found = (query: string) => {
      list.query.value = query;
      return Array.from({ length: list.length.value }, (_, row) => list.entryAt(row));
    };
    expect(found(" img_2 ")).toEqual([1]);
    await list.search.prepare();
    expect(found("HOLIDAY")).toEqual([0, 1]);
    expect(found("\u00E4rzte")).toEqual([2]);
    expect(found("arzte")).toEqual([2]);
  });

  it("keeps rows in their places while they are held, except for a person's choices", () => {
    const ledger = ledgerOf("a", "b", "c");
    const board = boardOf(ledger);
    const list = new ListView(board);
    const rows = () => Array.from({ length: list.length.value }, (_, row) => list.entryAt(row));
    const fail = (file: number): void => {
      ledger.apply([file, "failed", 0, 0, "storage_failed"], 1);
      board.tick.value += 1;
    };
    list.order.selected.value = "state";
    fail(1);
    expect(rows()).toEqual([1, 0, 2]);

    list.hold.keep();
    fail(2);
    expect(rows()).toEqual([1, 0, 2]);
    list.filter.value = "failed";
    expect(rows()).toEqual([1, 2]);
    list.filter.value = "all";
    list.hold.release();
    expect(rows()).toEqual([1, 2, 0]);
  });

  it("shows new files at the end at once, also while the rows are held", () => {
    const ledger = ledgerOf("a", "b");
    const board = boardOf(ledger);
    const list = new ListView(board);
    expect(list.length.value).toBe(2);
    list.hold.keep();
    ledger.add([{ name: "c", path: null, size: 1, type: "" }]);
    board.changed.value = new Set([2]);
    expect([list.length.value, list.entryAt(2), list.rowIndexOf(2)]).toEqual([3, 2, 2]);
    list.hold.release();
  });

  it("groups files by folder, and hides those of a collapsed one until one is revealed", () => {
    const list = new ListView(boardOf(ledgerOf("trip/b/1", "trip/a/2", "trip/b/3", "trip/4")));
    const rows = () => rowsOf(list);
    expect(rows()).toEqual(["b", 0, 2, "a", 1, "trip", 3]);
    expect(list.hasHeadings).toBe(true);
    list.toggle(0);
    expect([rows(), list.fileCount.value]).toEqual([["b", "a", 1, "trip", 3], 4]);
    list.reveal(2);
    expect(rows()).toEqual(["b", 0, 2, "a", 1, "trip", 3]);
    expect(list.rowIndexOf(2)).toBe(2);

    list.query.value = "b";
    expect(rows()).toEqual([0, 2]);
    list.query.value = "";
    list.order.selected.value = "added";
    expect(rows()).toEqual([0, 1, 2, 3]);
  });

  it("places new files in their folders once they are half as many, while more are found", () => {
    const ledger = ledgerOf("a/1", "b/2", "a/3", "b/4");
    const board = boardOf(ledger);
    const list = new ListView(board);
    const add = (name: string): void => {
      ledger.add([{ name, path: `a/${name}`, size: 1, type: "" }]);
      board.changed.value = new Set();
      board.tick.value += 1;
    };
    board.searches.value = 1;
    expect(rowsOf(list)).toEqual(["a", 0, 2, "b", 1, 3]);
    add("5");
    expect(rowsOf(list)).toEqual(["a", 0, 2, "b", 1, 3, 4]);
    add("6");
    expect(rowsOf(list)).toEqual(["a", 0, 2, 4, 5, "b", 1, 3]);
    add("7");
    expect(rowsOf(list)).toEqual(["a", 0, 2, 4, 5, "b", 1, 3, 6]);
  });

  it("counts the stored files of each folder", () => {
    const ledger = ledgerOf("a/1", "b/2", "a/3");
    const board = boardOf(ledger);
    const list = new ListView(board);
    const counts = () => [0, 1].map((folder) => list.storedIn(folder));
    expect(counts()).toEqual([
      { stored: 0, all: 2 },
      { stored: 0, all: 1 },
    ]);
    ledger.apply([2, "completed", 100, 10, null], 1);
    board.tick.value += 1;
    expect(counts()[0]).toEqual({ stored: 1, all: 2 });
  });

  it("sorts folders and names in natural order once no more files are added", async () => {
    const list = new ListView(boardOf(ledgerOf("10 x/a 10", "2 y/b", "10 x/a 2", "2 y/B 1")));
    const { compare } = new Intl.Collator("en", { numeric: true });
    onTestFinished(list.order.start(compare));
    // Before the list shows any of them.
    await expect.poll(() => [...list.order.folderOrder.value]).toEqual([1, 0]);
    await expect.poll(() => rowsOf(list)).toEqual(["2 y", 1, 3, "10 x", 2, 0]);
  });

  it("reveals a file, and ends the filter and the search that hide it", () => {
    const list = new ListView(boardOf(ledgerOf("a", "b", "c")));
    list.query.value = "c";
    list.reveal(2);
    expect(list.revealed.value).toEqual({ file: 2 });
    expect(list.query.value).toBe("c");

    list.filter.value = "failed";
    list.reveal(1);
    expect(list.revealed.value).toEqual({ file: 1 });
    expect([list.filter.value, list.query.value]).toEqual(["all", ""]);
    expect(list.rowIndexOf(1)).toBe(1);
  });
});

/** Returns the ids of the files, and the paths of the headings. */
function rowsOf(list: ListView): (number | string)[] {
  return Array.from({ length: list.length.value }, (_, index) => {
    const { file, folder } = list.positionAt(index);
    return folder === null ? file : list.folders.shownPath(folder);
  });
}
