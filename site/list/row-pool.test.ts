import { expect, it } from "vitest";
import { DisplayedFile, type RowPosition } from "./displayed-file.ts";
import { ListView } from "./list-view.ts";
import { RowPool } from "./row-pool.ts";
import { boardOf, ledgerOf } from "./testing/boards.ts";

it("a row that is used again for the same file shows the file's state", () => {
  const ledger = ledgerOf("a", "b", "c");
  const board = boardOf(ledger);
  const list = new ListView(board);
  const makeRow = (position: RowPosition) => ({ displayed: new DisplayedFile(board, position) });
  const pool = new RowPool({ changed: board.changed, setVisible: () => undefined, makeRow });
  const states = () => pool.rows.value.map(({ displayed }) => displayed.progress.value.state);
  pool.show({ first: 0, length: 3 }, list);
  expect(states()).toEqual(["queued", "queued", "queued"]);

  pool.show({ first: 0, length: 1 }, list);
  for (const file of [0, 1, 2]) ledger.apply([file, "completed", 100, 10, null], 1);
  board.changed.value = new Set([0, 1, 2]);
  pool.show({ first: 0, length: 3 }, list);
  expect(states()).toEqual(["completed", "completed", "completed"]);
});
