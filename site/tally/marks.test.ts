import { expect, test } from "vitest";
import { failedLines, groupLines, type Line, strokeWidth } from "./marks.ts";
import { fieldLayout, PITCHES_PER_GROUP } from "./strokes.ts";

const length = ({ x1, y1, x2, y2 }: Line): number => Math.hypot(x2 - x1, y2 - y1);

test.each([5, 9, 13])("a failed stroke is interrupted by a cross, %i px from the next", (pitch) => {
  const group = groupLines(0, 0, pitch, 0);
  const crosses = group.map((line) => failedLines(line, pitch).slice(2));
  for (const line of group) {
    const [start, end, ...cross] = failedLines(line, pitch);
    expect([start, end]).toMatchObject([
      { x1: line.x1, y1: line.y1 },
      { x2: line.x2, y2: line.y2 },
    ]);
    // A gap on both sides of the cross, which has two lines of the same length.
    expect(
      length(line) - [start, end].reduce((sum, part) => sum + (part ? length(part) : 0), 0),
    ).toBeGreaterThan(pitch);
    expect(cross.map(length)).toEqual([length(cross[0] ?? line), length(cross[0] ?? line)]);
  }
  // The crosses of the upright strokes don't touch each other.
  const [first, second] = crosses;
  const right = Math.max(...(first ?? []).map(({ x2 }) => x2));
  expect(right).toBeLessThan(Math.min(...(second ?? []).map(({ x1 }) => x1)));
});

test.each([31, 500, 10_000])("full lines for %i files end within every field", (files) => {
  for (let width = 200; width <= 1600; width++) {
    const { pitch, groupsPerLine } = fieldLayout(files, width, 3);
    const left = (groupsPerLine - 1) * PITCHES_PER_GROUP * pitch;
    const right = Math.max(...groupLines(left, 0, pitch, 0).map(({ x2 }) => x2));
    // Strokes have round ends: half their width is beyond their points.
    expect(right + strokeWidth(pitch) / 2).toBeLessThanOrEqual(width);
  }
});
