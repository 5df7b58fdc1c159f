import { expect, it } from "vitest";
import type { FileState } from "../../protocol/index.ts";
import { nextDisplayedState } from "./displayed-state.ts";

/** States that a row displays until it has caught up with `current`. */
function displayedUntil(from: FileState, current: FileState): FileState[] {
  const displayed = [from];
  for (let state = from; state !== current; displayed.push(state))
    state = nextDisplayedState(state, current);
  return displayed;
}

it("every state of a successful file is displayed", () => {
  const all = ["queued", "uploading", "processing", "completed"];
  expect(displayedUntil("queued", "completed")).toEqual(all);
  expect(displayedUntil("uploading", "completed")).toEqual(all.slice(1));
});

it("failed, requeued and retried files are displayed at once", () => {
  expect(displayedUntil("queued", "failed")).toEqual(["queued", "failed"]);
  expect(displayedUntil("uploading", "queued")).toEqual(["uploading", "queued"]);
  expect(displayedUntil("failed", "completed")).toEqual(["failed", "completed"]);
});
