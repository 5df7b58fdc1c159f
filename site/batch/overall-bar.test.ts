import { describe, expect, it } from "vitest";
import { Ledger } from "../../client/ledger.ts";
import { OverallBar } from "./overall-bar.ts";

const FILES = 100;

/** Returns the ledger of a batch of empty files. */
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
  it("moves to its target by a point per frame", () => {
    const bar = new OverallBar();
    bar.move(batchOf(FILES, 0), true);
    expect(bar.move(batchOf(FILES, 30), true)).toBe(true);
    expect(bar.confirmed.value).toBe(1);
    settle(bar, batchOf(FILES, 30));
    expect(bar.confirmed.value).toBe(30);
    expect(bar.sent.value).toBe(30);
  });

  it("moves to its target at once without animation", () => {
    const bar = new OverallBar();
    expect(bar.move(batchOf(FILES, 30), false)).toBe(false);
    expect(bar.confirmed.value).toBe(30);
  });

  it("waits for a percentage that includes all files", () => {
    const bar = new OverallBar();
    bar.move(batchOf(FILES, 0), false);
    settle(bar, batchOf(FILES, 50));
    settle(bar, batchOf(2 * FILES, 100));
    settle(bar, batchOf(2 * FILES, 102));
    expect(bar.confirmed.value).toBe(51);
  });

  it("moves when files and their percentage arrive in the same frame", () => {
    const bar = new OverallBar();
    settle(bar, batchOf(FILES, 4));
    expect(bar.confirmed.value).toBe(4);
  });

  it("does not fall when a broken connection queues files again", () => {
    const bar = new OverallBar();
    bar.move(batchOf(FILES, 0), true);
    settle(bar, batchOf(FILES, 30));
    settle(bar, batchOf(FILES, 20));
    expect(bar.confirmed.value).toBe(30);
  });

  it("falls when files are added, once the percentage includes them", () => {
    const bar = new OverallBar();
    bar.move(batchOf(FILES, 0), true);
    settle(bar, batchOf(FILES, 50));
    bar.move(batchOf(2 * FILES, 100), true);
    settle(bar, batchOf(2 * FILES, 50));
    expect(bar.confirmed.value).toBe(25);
  });

  it("falls when failed files are retried", () => {
    const bar = new OverallBar();
    bar.move(batchOf(FILES, 0), true);
    settle(bar, batchOf(FILES, 90, 10));
    settle(bar, batchOf(FILES, 90, 0));
    expect(bar.confirmed.value).toBe(90);
  });
});
