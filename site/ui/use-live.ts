import { type ReadonlySignal, useComputed } from "@preact/signals";
import type { Board } from "../batch/board.ts";

/**
 * Returns the result of `read` as a signal, computed again in every frame in which the batch
 * changed. `read` should return a primitive: components only update when the value differs.
 */
export function useLive<Value>(board: Board, read: () => Value): ReadonlySignal<Value> {
  return useComputed(() => {
    void board.changed.value;
    return read();
  });
}
