import { type ReadonlySignal, useComputed } from "@preact/signals";
import type { Board } from "../batch/board.ts";

/**
 * What `read` finds in the board's ledger, read again at every frame in which something changed.
 * Whoever shows it is touched only when the value is another one, so `read` should give a
 * primitive.
 */
export function useLive<Value>(board: Board, read: () => Value): ReadonlySignal<Value> {
  return useComputed(() => {
    void board.changed.value;
    return read();
  });
}
