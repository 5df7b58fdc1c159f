import type { Board } from "../batch/board.ts";
import { indexOfFile, viewableFiles } from "./viewable.ts";

/** A place among the pictures and videos of a batch. */
export interface Place {
  file: number;
  index: number;
  count: number;
}

/** Returns the place of a file; null if there is nothing to show. */
export function placeOf(board: Board, file: number): Place | null {
  void board.tick.value;
  const files = viewableFiles(board.ledger);
  const index = indexOfFile(files, file);
  const shown = files[index];
  return shown === undefined ? null : { file: shown, index, count: files.length };
}
