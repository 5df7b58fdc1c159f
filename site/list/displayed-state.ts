import type { FileState } from "../../protocol/index.ts";
import { SUCCESS_STEPS } from "./state-display.ts";

/**
 * Returns the state that a row displays next on the way to the file's current state: one step a
 * frame, so that every state is visible even if a small file passes several between two frames.
 *
 * @param displayed the state that the row displays now
 */
export function nextDisplayedState(displayed: FileState, current: FileState): FileState {
  const from = SUCCESS_STEPS.indexOf(displayed);
  const to = SUCCESS_STEPS.indexOf(current);
  // Failed, cancelled and requeued files are displayed at once.
  return from >= 0 && to > from ? (SUCCESS_STEPS[from + 1] ?? current) : current;
}
