import { describe, expect, it } from "vitest";
import { Ledger } from "../../client/ledger.ts";
import { OverallBar } from "./overall-bar.ts";

const FILES = 100;

/** A batch of empty files of which `completed` are done and `failed` have failed. */
function batchOf(files: number, completed: number, failed = 0): Ledger {
  const ledger = new Ledger();
  const queued = files - completed - failed;
  const moving = { uploading: 0, processing: 0, cancelled: 0 };
  const totals = { files, queued, completed, failed, bytes: 0, receivedBytes: 0, ...moving };
  ledger.setTotals(totals, ((completed + failed) / files) * 100, 1);
  return ledger;
}

function settle(bar: OverallBar, ledger: Ledger): void {
  while (bar.move(ledger, true));
}

describe("OverallBar", () => {
  it("glides to the truth", () => {
    const bar = new OverallBar();
    bar.move(batchOf(FILES, 0), true);
    expect(bar.move(batchOf(FILES, 30), true)).toBe(true);
    expect(bar.confirmed.value).toBe(1);
    settle(bar, batchOf(FILES, 30));
    expect(bar.confirmed.value).toBe(30);
    expect(bar.sent.value).toBe(30);
  });

  it("is where it belongs at once when nobody looks, or nobody has looked yet", () => {
    const bar = new OverallBar();
    expect(bar.move(batchOf(FILES, 30), false)).toBe(false);
    expect(bar.confirmed.value).toBe(30);
  });

  it("does not move by a percentage of fewer files than there are", () => {
    const bar = new OverallBar();
    bar.move(batchOf(FILES, 0), false);
    settle(bar, batchOf(FILES, 50));
    settle(bar, batchOf(2 * FILES, 100));
    settle(bar, batchOf(2 * FILES, 102));
    expect(bar.confirmed.value).toBe(51);
  });

  it("moves at once when files and their first news come together", () => {
    const bar = new OverallBar();
    settle(bar, batchOf(FILES, 4));
    expect(bar.confirmed.value).toBe(4);
  });

  it("waits while files that a broken connection put back are sent again", () => {
    const bar = new OverallBar();
    bar.move(batchOf(FILES, 0), true);
    settle(bar, batchOf(FILES, 30));
    settle(bar, batchOf(FILES, 20));
    expect(bar.confirmed.value).toBe(30);
  });

  it("goes back when files are added, though their share is told a moment later", () => {
    const bar = new OverallBar();
    bar.move(batchOf(FILES, 0), true);
    settle(bar, batchOf(FILES, 50));
    bar.move(batchOf(2 * FILES, 100), true);
    settle(bar, batchOf(2 * FILES, 50));
    expect(bar.confirmed.value).toBe(25);
  });

  it("goes back when failed files are tried again", () => {
    const bar = new OverallBar();
    bar.move(batchOf(FILES, 0), true);
    settle(bar, batchOf(FILES, 90, 10));
    settle(bar, batchOf(FILES, 90, 0));
    expect(bar.confirmed.value).toBe(90);
  });
});
