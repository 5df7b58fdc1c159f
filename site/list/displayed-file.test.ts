import { signal } from "@preact/signals";
import { describe, expect, it } from "vitest";
import { Ledger } from "../../client/ledger.ts";
import type { FileState } from "../../protocol/index.ts";
import { DisplayedFile } from "./displayed-file.ts";

const SIZE = 100;

function rig(files = 2) {
  const ledger = new Ledger();
  ledger.add(
    Array.from({ length: files }, () => ({ name: "a", path: null, size: SIZE, type: "" })),
  );
  const changed = signal<ReadonlySet<number>>(new Set());
  const row = new DisplayedFile({ ledger, changed }, { index: 0, file: 0, folder: null });
  let rev = 0;
  const set = (file: number, state: FileState): void => {
    const progress = state === "completed" ? 100 : 0;
    ledger.apply([file, state, progress, progress, null], ++rev);
    changed.value = new Set([file]);
  };
  return { ledger, changed, row, set, shown: () => row.progress.value.state };
}

describe("DisplayedFile", () => {
  it("passes through every state, one a step", () => {
    const { row, set, shown } = rig();
    set(0, "completed");
    const seen = [0, 16, 32].map((now) => [row.step(now), shown()]);
    expect(seen).toEqual([
      [true, "uploading"],
      [true, "processing"],
      [false, "completed"],
    ]);
  });

  it("displays the current state of the next file, and of the same file after a time out of use", () => {
    const { row, set, shown } = rig();
    set(0, "completed");
    row.step(0);
    set(1, "completed");
    row.show({ index: 1, file: 1, folder: null });
    expect(shown()).toBe("completed");
    row.show({ index: 0, file: 0, folder: null });
    expect(shown()).toBe("completed");
  });

  it("ends on the file's state without a step, as in a hidden tab", () => {
    const { row, set, shown } = rig();
    set(0, "uploading");
    set(0, "completed");
    expect(shown()).toBe("completed");
    expect(row.step(0)).toBe(true);
  });

  it("keeps the percentage of a file whose request is repeated, until it waits for a second", () => {
    const { ledger, changed, row, set } = rig();
    ledger.setSent(0, 37);
    changed.value = new Set([0]);
    row.step(0);
    set(0, "uploading");
    row.step(16);
    set(0, "queued");
    expect([row.step(32), row.progress.value.sent]).toEqual([true, 0.37]);
    expect([row.step(1031), row.progress.value.sent]).toEqual([true, 0.37]);
    expect([row.step(1032), row.progress.value.sent]).toEqual([false, 0]);
  });
});
