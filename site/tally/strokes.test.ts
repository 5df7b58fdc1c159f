import { describe, expect, it } from "vitest";
import { fieldLayout, GROUP, sentShare, strokeOf, type StrokeSource } from "./strokes.ts";

interface Entry {
  size: number;
  state: string;
  progress: number;
  sentBytes: number;
}

function source(entries: Entry[]): StrokeSource {
  const at = (id: number): Entry => {
    const entry = entries[id];
    if (!entry) throw new RangeError(`no file ${id}`);
    return entry;
  };
  return {
    count: entries.length,
    size: (id) => at(id).size,
    state: (id) => at(id).state,
    progress: (id) => at(id).progress,
    sentBytes: (id) => at(id).sentBytes,
  };
}

const queued: Entry = { size: 100, state: "queued", progress: 0, sentBytes: 0 };
const done: Entry = { size: 100, state: "completed", progress: 100, sentBytes: 100 };
const failed: Entry = { size: 100, state: "failed", progress: 25, sentBytes: 100 };

describe("fieldLayout", () => {
  it("gives a few files one wide stroke each", () => {
    expect(fieldLayout(3, 1000, 3)).toMatchObject({ filesPerStroke: 1, strokes: 3, pitch: 13 });
  });

  it.each([1, 5, 490, 2000, 9999, 10_000])("fits %d files at any width", (files) => {
    for (const width of [280, 320, 768, 1120, 2000]) {
      const layout = fieldLayout(files, width, 3);
      const capacity = layout.groupsPerLine * layout.lines * GROUP;
      expect(layout.lines).toBeLessThanOrEqual(3);
      expect(layout.strokes).toBeLessThanOrEqual(capacity);
      expect(layout.strokes * layout.filesPerStroke).toBeGreaterThanOrEqual(files);
    }
  });

  it("groups 10,000 files by a round number", () => {
    expect(fieldLayout(10_000, 1120, 3).filesPerStroke).toBe(20);
  });

  it("is empty for an empty batch", () => {
    expect(fieldLayout(0, 1120, 3)).toMatchObject({ strokes: 0, lines: 0 });
  });
});

describe("strokeOf", () => {
  it("averages its files", () => {
    const stroke = strokeOf(source([done, queued, done, queued]), 0, 4);
    expect(stroke).toEqual({ sent: 0.5, stored: 0.5, failed: false });
  });

  it("is complete for a shorter last group", () => {
    const stroke = strokeOf(source([queued, queued, done]), 1, 2);
    expect(stroke).toEqual({ sent: 1, stored: 1, failed: false });
  });

  it("is stored only where a file is, even if all bytes have arrived", () => {
    const arrived: Entry = { size: 100, state: "uploading", progress: 49, sentBytes: 100 };
    const deleted: Entry = { ...done, state: "cancelled" };
    expect(strokeOf(source([arrived]), 0, 1)).toMatchObject({ sent: 1, stored: 0 });
    const stored = { ...arrived, progress: 50 };
    expect(strokeOf(source([stored, deleted]), 0, 2)).toMatchObject({ sent: 1, stored: 0.5 });
  });

  it("is failed if one of its files failed", () => {
    expect(strokeOf(source([done, failed]), 0, 2).failed).toBe(true);
  });
});

describe("sentShare", () => {
  it("is defined for empty files", () => {
    expect(sentShare(source([{ ...queued, size: 0 }]), 0)).toBe(0);
    expect(sentShare(source([{ ...done, size: 0, sentBytes: 0 }]), 0)).toBe(1);
  });

  it("is all of a stored file", () => {
    expect(sentShare(source([{ ...done, sentBytes: 0 }]), 0)).toBe(1);
  });
});
