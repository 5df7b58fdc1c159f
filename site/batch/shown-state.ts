import type { ClientCode } from "../../client/index.ts";
import type { FileState } from "../../protocol/index.ts";
import type { Board } from "./board.ts";

type ListedBoard = Pick<Board, "ledger" | "pending">;

/** Returns why a file couldn't be declared; null for any other file. Costs little without such files. */
export function refusalOf({ ledger, pending }: ListedBoard, file: number): ClientCode | null {
  if (pending.refused.size === 0) return null;
  const source = pending.undeclared[file - ledger.count];
  return source === undefined ? null : (pending.refused.get(source) ?? null);
}

/** Returns a file's state to show: a file that couldn't be declared has failed. */
export function shownState(board: ListedBoard, file: number): FileState {
  return refusalOf(board, file) === null ? board.ledger.state(file) : "failed";
}
