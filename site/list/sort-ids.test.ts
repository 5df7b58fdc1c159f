import { describe, expect, it } from "vitest";
import { Ledger } from "../../client/ledger.ts";
import { bySize, byState } from "./sort-ids.ts";

function ledgerOf(...sizes: number[]): Ledger {
  const ledger = new Ledger();
  ledger.add(sizes.map((size) => ({ name: `${size}`, path: null, size, type: "" })));
  return ledger;
}

describe("bySize", () => {
  it("sorts by size, with equal sizes in the order added", () => {
    const ledger = ledgerOf(10, 30, 10, 20);
    expect([...bySize(ledger, "largest")]).toEqual([1, 3, 0, 2]);
    expect([...bySize(ledger, "smallest")]).toEqual([0, 2, 3, 1]);
  });
});

describe("byState", () => {
  it("puts failed files first and settled files last", () => {
    const ledger = ledgerOf(1, 2, 3, 4, 5);
    ledger.apply([0, "completed", 100, 1, null], 1);
    ledger.apply([1, "uploading", 20, 1, null], 1);
    ledger.apply([2, "cancelled", 0, 0, null], 1);
    ledger.apply([3, "failed", 0, 0, "storage_failed"], 1);
    expect([...byState(ledger)]).toEqual([3, 1, 4, 0, 2]);
  });

  it("treats a file that failed locally as failed", () => {
    const ledger = ledgerOf(1, 2);
    ledger.setLocalFailure(1, "connection_failed");
    expect([...byState(ledger)]).toEqual([1, 0]);
  });
});
