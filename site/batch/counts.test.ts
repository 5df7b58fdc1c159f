import { describe, expect, it } from "vitest";
import { Ledger } from "../../client/ledger.ts";
import { countsOf } from "./counts.ts";

const file = { name: "a.jpg", path: null, size: 10, type: "" };
const totals = {
  files: 4,
  queued: 1,
  uploading: 0,
  processing: 1,
  completed: 1,
  failed: 1,
  cancelled: 0,
  bytes: 40,
  receivedBytes: 20,
};

describe("countsOf", () => {
  it("returns the server's totals", () => {
    const ledger = new Ledger();
    ledger.setTotals(totals, 50, 1);
    expect(countsOf(ledger, 4)).toMatchObject({
      queued: 1,
      processing: 1,
      completed: 1,
      failed: 1,
    });
  });

  it("counts undeclared files as queued", () => {
    expect(countsOf(new Ledger(), 490).queued).toBe(490);
  });

  it("doesn't count a file that was replaced", () => {
    const ledger = new Ledger();
    ledger.add([file, file]);
    ledger.apply([0, "cancelled", 0, 0, null], 2);
    ledger.setTotals({ ...totals, files: 2, processing: 0, failed: 0, cancelled: 1 }, 50, 2);
    expect(countsOf(ledger, 1)).toMatchObject({ queued: 0, completed: 1, cancelled: 0 });
  });

  it("counts a file that failed locally as failed", () => {
    const ledger = new Ledger();
    ledger.add([file, file, file, file]);
    ledger.setTotals(totals, 50, 1);
    ledger.setLocalFailure(0, "connection_failed");
    expect(countsOf(ledger, 4)).toMatchObject({ queued: 0, failed: 2 });
  });
});
