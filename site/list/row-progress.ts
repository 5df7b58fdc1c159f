import { type FileState, PROGRESS } from "../../protocol/index.ts";
import { sentShare, type StrokeSource } from "../tally/strokes.ts";
import { SUCCESS_STEPS } from "./state-display.ts";

/** A file's progress as a row displays it. */
export interface RowProgress {
  state: FileState;
  /** Share of the file handed to the network, 0 to 1. */
  sent: number;
  /** True once the file is stored, even if its state is not final. */
  isStored: boolean;
}

export type ProgressSource = Omit<StrokeSource, "state"> & { state: (id: number) => FileState };

/** Returns the file's progress as it is. */
export function progressOf(files: ProgressSource, id: number): RowProgress {
  const isStored = files.progress(id) >= PROGRESS.stored;
  return { state: files.state(id), sent: sentShare(files, id), isStored };
}

/** True if both display the same. */
export function isSameProgress(a: RowProgress, b: RowProgress): boolean {
  return a.state === b.state && a.sent === b.sent && a.isStored === b.isStored;
}

/**
 * Time for which a row doesn't step back, in ms. A request that is split or repeated leaves its files
 * without progress for some milliseconds, which would flash "Waiting" between two percentages.
 */
const STEP_BACK_MS = 1000;

/**
 * Returns the progress that a row displays next on the way to the file's current progress. One state a
 * frame, so that every state is visible even if a small file passes several between two frames.
 *
 * @param shown what the row displays now
 * @param behindMs time since the row displayed the current progress
 */
export function nextShown(shown: RowProgress, current: RowProgress, behindMs: number): RowProgress {
  if (isStepBack(shown, current) && behindMs < STEP_BACK_MS) return shown;
  const from = SUCCESS_STEPS.indexOf(shown.state);
  const to = SUCCESS_STEPS.indexOf(current.state);
  const next = SUCCESS_STEPS[from + 1];
  // Failed, cancelled and requeued files are displayed at once.
  if (from < 0 || to <= from + 1 || next === undefined) return current;
  return { state: next, sent: current.sent, isStored: false };
}

/** True if the file is still to be sent, and less of it was sent than the row displays. */
function isStepBack(shown: RowProgress, current: RowProgress): boolean {
  return isToSend(shown) && isToSend(current) && current.sent < shown.sent;
}

function isToSend({ state, isStored }: RowProgress): boolean {
  return !isStored && (state === "queued" || state === "uploading");
}
