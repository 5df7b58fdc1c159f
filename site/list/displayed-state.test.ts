import { expect, it } from "vitest";
import type { FileState } from "../../protocol/index.ts";
import { nextDisplayedState } from "./displayed-state.ts";

/** All that a row shows of a file that is `truth` by the next frame. */
function shownOnTheWay(from: FileState, truth: FileState): FileState[] {
  const shown = [from];
  for (let state = from; state !== truth; shown.push(state))
    state = nextDisplayedState(state, truth);
  return shown;
}

it("no state of a file goes unseen", () => {
  const all = ["queued", "uploading", "processing", "completed"];
  expect(shownOnTheWay("queued", "completed")).toEqual(all);
  expect(shownOnTheWay("uploading", "completed")).toEqual(all.slice(1));
});

it("what is no step of the way is shown at once", () => {
  expect(shownOnTheWay("queued", "failed")).toEqual(["queued", "failed"]);
  expect(shownOnTheWay("uploading", "queued")).toEqual(["uploading", "queued"]);
  expect(shownOnTheWay("failed", "completed")).toEqual(["failed", "completed"]);
});
