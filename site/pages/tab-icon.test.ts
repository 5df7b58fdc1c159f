import { describe, expect, it } from "vitest";
import { tallyIcon } from "./tab-icon.ts";

/** The colours of the icon's strokes, in order. */
function colours(percent: number, failed = false): string[] {
  const svg = decodeURIComponent(tallyIcon(percent, failed));
  return [...svg.matchAll(/stroke="(#\w+)"/gu)].map(([, colour]) => colour ?? "");
}

describe("tallyIcon", () => {
  it.each([
    [0, 0],
    [19.9, 0],
    [20, 1],
    [99.9, 4],
    [100, 5],
  ])("at %d percent has %d strokes", (percent, drawn) => {
    const [toDo] = colours(0);
    expect(colours(percent).filter((colour) => colour !== toDo)).toHaveLength(drawn);
  });

  it("is red if a file failed", () => {
    expect(colours(100, true)).not.toEqual(colours(100));
  });
});
