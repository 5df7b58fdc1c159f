import type { FileState } from "../../protocol/index.ts";

const WAY: readonly FileState[] = ["queued", "uploading", "processing", "completed"];

/**
 * What a row shows next on its way to the truth: a state a frame, so that none of them goes unseen
 * though a small file may pass through several between two frames.
 *
 * @param shown what it shows now
 */
export function nextDisplayedState(shown: FileState, truth: FileState): FileState {
  const [from, to] = [WAY.indexOf(shown), WAY.indexOf(truth)];
  // What failed, was called off or is to be sent again is no step of the way.
  return from >= 0 && to > from ? (WAY[from + 1] ?? truth) : truth;
}
