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
  const row = new DisplayedFile(ledger, { index: 0, file: 0, folder: null });
  let rev = 0;
  const set = (file: number, state: FileState): void => {
    const progress = state === "completed" ? 100 : 0;
    ledger.apply([file, state, progress, progress, null], ++rev);
  };
  return { ledger, row, set, shown: () => row.progress.value.state };
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

  it("displays no state before its step, although the file is further", () => {
    const { row, set, shown } = rig();
    set(0, "uploading");
    expect([row.step(0), shown()]).toEqual([false, "uploading"]);
    set(0, "completed");
    expect(shown()).toBe("uploading");
    expect([row.step(16), shown()]).toEqual([true, "processing"]);
  });

  it("continues from what another row displayed of the file", () => {
    const { row, set, shown } = rig();
    set(1, "completed");
    row.show({ index: 1, file: 1, folder: null }, { state: "queued", sent: 0, isStored: false });
    const seen = [0, 16, 32].map((now) => [row.step(now), shown()]);
    expect(seen).toEqual([
      [true, "uploading"],
      [true, "processing"],
      [false, "completed"],
    ]);
  });

  it("keeps the percentage of a file whose request is repeated, until it waits for a second", () => {
    const { ledger, row, set } = rig();
    ledger.setSent(0, 37);
    row.step(0);
    set(0, "uploading");
    row.step(16);
    set(0, "queued");
    expect([row.step(32), row.progress.value.sent]).toEqual([true, 0.37]);
    expect([row.step(1031), row.progress.value.sent]).toEqual([true, 0.37]);
    expect([row.step(1032), row.progress.value.sent]).toEqual([false, 0]);
  });
});
