import { describe, expect, it } from "vitest";
import type { FileState } from "../../protocol/index.ts";
import { nextShown, type RowProgress } from "./row-progress.ts";

function progress(state: FileState, sent = 0): RowProgress {
  return { state, sent, isStored: false };
}

/** States that a row displays until it has caught up with `current`. */
function statesUntil(from: FileState, current: FileState): FileState[] {
  const states = [from];
  for (let shown = progress(from); shown.state !== current; states.push(shown.state))
    shown = nextShown(shown, progress(current, 1), 0);
  return states;
}

describe("nextShown", () => {
  it("passes through every state of a successful file", () => {
    const all = ["queued", "uploading", "processing", "completed"];
    expect(statesUntil("queued", "completed")).toEqual(all);
    expect(statesUntil("uploading", "completed")).toEqual(all.slice(1));
  });

  it("is the current progress at once for failed and retried files", () => {
    expect(statesUntil("queued", "failed")).toEqual(["queued", "failed"]);
    expect(statesUntil("failed", "completed")).toEqual(["failed", "completed"]);
    expect(statesUntil("completed", "cancelled")).toEqual(["completed", "cancelled"]);
  });

  it("doesn't step back for a second, until the file has caught up or really waits", () => {
    const sending = progress("uploading", 0.37);
    const waiting = progress("queued");
    expect(nextShown(sending, waiting, 16)).toBe(sending);
    expect(nextShown(sending, progress("uploading", 0.1), 999)).toBe(sending);
    expect(nextShown(sending, progress("uploading", 0.4), 16)).toEqual(progress("uploading", 0.4));
    expect(nextShown(sending, waiting, 1000)).toBe(waiting);
    expect(nextShown(sending, progress("failed"), 16)).toEqual(progress("failed"));
  });
});
