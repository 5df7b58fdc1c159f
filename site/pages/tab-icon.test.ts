import { describe, expect, it } from "vitest";
import { type TabState, tallyIcon } from "./tab-icon.ts";

const GREEN = "%233f8f6b";
const RED = "%23d9483b";

function drawnStrokes(percent: number, colour = GREEN, state: TabState = "running"): number {
  return tallyIcon(percent, state).split(colour).length - 1;
}

describe("tallyIcon", () => {
  it.each([
    [0, 0],
    [19, 0],
    [20, 1],
    [99, 4],
    [100, 5],
  ])("draws at %d percent %d strokes", (percent, strokes) => {
    expect(drawnStrokes(percent)).toBe(strokes);
  });

  it("has a red sign if files failed", () => {
    expect(drawnStrokes(60, RED, "failed")).toBe(1);
    expect(drawnStrokes(60, RED)).toBe(0);
  });

  it("has another shape for each state that needs attention", () => {
    const shapes = (["running", "paused", "offline", "failed"] as const).map((state) =>
      decodeURIComponent(tallyIcon(40, state)).replaceAll(/#\w+/gu, ""),
    );
    expect(new Set(shapes).size).toBe(4);
  });
});
