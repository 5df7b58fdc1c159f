import { describe, expect, it } from "vitest";
import { Ledger } from "../../client/ledger.ts";
import { failureGroups } from "./failures.ts";

describe("failureGroups", () => {
  it("groups failed files by code, the largest group first, with the first few ids", () => {
    const ledger = new Ledger();
    const file = { name: "a.jpg", path: null, size: 10, type: "" };
    ledger.add(Array.from({ length: 8 }, () => file));
    ledger.apply([0, "failed", 0, 0, "too_large"], 1);
    for (const id of [1, 3, 4, 6]) ledger.apply([id, "failed", 20, 5, "storage_failed"], 1);
    ledger.setLocalFailure(7, "connection_failed");
    expect(failureGroups(ledger)).toEqual([
      { code: "storage_failed", count: 4, first: [1, 3, 4] },
      { code: "too_large", count: 1, first: [0] },
      { code: "connection_failed", count: 1, first: [7] },
    ]);
  });

  it("returns no groups if no file failed", () => {
    expect(failureGroups(new Ledger())).toEqual([]);
  });
});
