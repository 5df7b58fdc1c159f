import { effect } from "@preact/signals";
import { expect, it, onTestFinished, vi } from "vitest";
import { DisplayedFile, type RowPosition } from "./displayed-file.ts";
import { ListView } from "./list-view.ts";
import { RowPool } from "./row-pool.ts";
import { boardOf, ledgerOf } from "./testing/boards.ts";

function rig(...paths: string[]) {
  const ledger = ledgerOf(...paths);
  const board = boardOf(ledger);
  const makeRow = (position: RowPosition) => ({ displayed: new DisplayedFile(ledger, position) });
  const pool = new RowPool({ changed: board.changed, setVisible: () => undefined, makeRow });
  const states = () => pool.rows.value.map(({ displayed }) => displayed.progress.value.state);
  const complete = (...files: number[]): void => {
    for (const file of files) ledger.apply([file, "completed", 100, 10, null], 1);
    board.changed.value = new Set(files);
  };
  return { list: new ListView(board), pool, states, complete };
}

it("a row that is used again for the same file shows the file's state", () => {
  const { list, pool, states, complete } = rig("a", "b", "c");
  pool.show({ first: 0, length: 3 }, list);
  expect(states()).toEqual(["queued", "queued", "queued"]);

  pool.show({ first: 0, length: 1 }, list);
  complete(0, 1, 2);
  pool.show({ first: 0, length: 3 }, list);
  const rows = pool.rows.peek().map(({ displayed }) => displayed);
  while (rows.some((row) => row.step(0)));
  expect(states()).toEqual(["completed", "completed", "completed"]);
});

it("a file that moves to another row shows the states that it hasn't shown yet", async () => {
  onTestFinished(() => void vi.unstubAllGlobals());
  vi.stubGlobal("requestAnimationFrame", (run: () => void) => setTimeout(run));
  vi.stubGlobal("cancelAnimationFrame", clearTimeout);
  const { list, pool, states, complete } = rig("a", "b");
  const shown: string[][] = [];
  pool.show({ first: 0, length: 2 }, list);
  const stop = effect(() => void shown.push(states()));
  complete(0);
  pool.follow();
  // The order changes: each row gets the file of the other one.
  const positionAt = (index: number) => ({ index, file: 1 - index, folder: null });
  pool.show({ first: 0, length: 2 }, { positionAt });
  await vi.waitFor(() => expect(states()).toEqual(["queued", "completed"]));
  stop();
  expect(shown).toEqual([
    ["queued", "queued"],
    ["uploading", "queued"],
    ["queued", "uploading"],
    ["queued", "processing"],
    ["queued", "completed"],
  ]);
});

it("knows which rows have moved, and that a scroll moves none", () => {
  const { pool } = rig("a", "b", "c", "d");
  const showing = (first: number, ...files: number[]): boolean[] => {
    const now = performance.now();
    const positionAt = (index: number) => ({
      index,
      file: files[index - first] ?? 0,
      folder: null,
    });
    pool.show({ first, length: files.length }, { positionAt });
    return pool.rows.peek().map(({ displayed }) => displayed.movedAt >= now);
  };
  expect(showing(0, 0, 1)).toEqual([false, false]);
  expect(showing(0, 0, 1, 2)).toEqual([false, false, false]);
  expect(showing(1, 1, 2, 3)).toEqual([false, false, false]);
  expect(showing(1, 1, 3, 2)).toEqual([false, true, true]);
  // Scrolled and placed anew at once.
  expect(showing(2, 1, 2)).toEqual([true, false]);
  const movedAt = (nth: number) => pool.rows.peek()[nth]?.displayed.movedAt;
  const moved = movedAt(0);
  showing(1, 0, 1, 2);
  expect(movedAt(1)).toBe(moved);
});
