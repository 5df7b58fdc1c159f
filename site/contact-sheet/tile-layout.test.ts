import { describe, expect, it } from "vitest";
import { placeAt, tileBox, tileLayout } from "./tile-layout.ts";

describe("tileLayout", () => {
  it.each([1, 5, 60, 490, 2000, 9999, 10_000, 100_000])("fits %d files at any width", (files) => {
    for (const width of [288, 358, 768, 1120, 1600]) {
      const layout = tileLayout(files, width, 280);
      expect(layout.columns * layout.rows).toBeGreaterThanOrEqual(files);
      expect(layout.columns * layout.pitch - layout.gap).toBeLessThanOrEqual(width + 0.001);
      // A file has at least one pixel.
      expect(layout.height).toBeLessThanOrEqual(Math.max(280, Math.ceil(files / width)));
    }
  });

  it.each([
    [490, 1120, 24],
    [10_000, 1120, 5],
    [10_000, 358, 3],
    [3, 1120, 66],
  ])("%d files on %d px have a pitch of about %d px", (files, width, pitch) => {
    expect(Math.round(tileLayout(files, width, 280).pitch)).toBe(pitch);
  });

  it("fills the width", () => {
    const { columns, pitch, gap } = tileLayout(490, 1120, 280);
    expect(columns * pitch - gap).toBeCloseTo(1120);
  });

  it("is empty for an empty batch", () => {
    expect(tileLayout(0, 1120, 280)).toMatchObject({ rows: 0, height: 0 });
  });
});

describe("tileBox", () => {
  it.each([1, 1.25, 1.5, 2, 3])("never overlaps another tile at %d device pixels", (ratio) => {
    for (const files of [7, 490, 10_000]) {
      const layout = tileLayout(files, 1117, 280);
      const [first, next] = [tileBox(layout, 0, ratio, false), tileBox(layout, 1, ratio, false)];
      const below = tileBox(layout, layout.columns, ratio, false);
      expect(next.left).toBeGreaterThanOrEqual(first.left + first.width);
      expect(below.top).toBeGreaterThanOrEqual(first.top + first.height);
    }
  });

  it("starts on the right in languages that do", () => {
    const layout = tileLayout(490, 1120, 280);
    const first = tileBox(layout, 0, 2, true);
    expect(first.left + first.width).toBe(2240);
    expect(tileBox(layout, layout.columns - 1, 2, true).left).toBe(0);
  });
});

describe("placeAt", () => {
  it.each([true, false])("finds the tile under a point (right to left: %s)", (isRtl) => {
    const layout = tileLayout(490, 1120, 280);
    for (const place of [0, 1, 47, 48, 489]) {
      const { left, top, width, height } = tileBox(layout, place, 1, isRtl);
      expect(placeAt(layout, left + width / 2, top + height / 2, isRtl)).toBe(place);
    }
  });

  it("finds none beside the tiles", () => {
    const layout = tileLayout(490, 1120, 280);
    expect(placeAt(layout, -1, 5, false)).toBeNull();
    expect(placeAt(layout, 1119, layout.height - 2, false)).toBeNull();
    expect(placeAt(layout, 5, layout.height + 40, false)).toBeNull();
  });
});
