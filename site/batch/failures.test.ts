import { describe, expect, it } from "vitest";
import { Ledger } from "../../client/ledger.ts";
import { failedCount, failureGroups, firstFailed } from "./failures.ts";

describe("failureGroups", () => {
  it("groups failed files by code, the largest group first, with the first id, except those that are being retried", () => {
    const ledger = new Ledger();
    const file = { name: "a.jpg", path: null, size: 10, type: "" };
    ledger.add(Array.from({ length: 8 }, () => file));
    ledger.apply([0, "failed", 0, 0, "too_large"], 1);
    for (const id of [1, 3, 4, 6]) ledger.apply([id, "failed", 20, 5, "storage_failed"], 1);
    ledger.setLocalFailure(7, "connection_failed");
    const groups = failureGroups(ledger);
    expect(groups).toEqual([
      { code: "storage_failed", count: 4, first: 1 },
      { code: "too_large", count: 1, first: 0 },
      { code: "connection_failed", count: 1, first: 7 },
    ]);
    expect([failedCount(groups), firstFailed(groups)]).toEqual([6, 0]);
    const others = failureGroups(ledger, (id) => [0, 1].includes(id));
    expect(others.map(({ count, first }) => [count, first])).toEqual([
      [3, 3],
      [1, 7],
    ]);
  });

  it("returns no groups if no file failed", () => {
    expect(failureGroups(new Ledger())).toEqual([]);
    expect([failedCount([]), firstFailed([])]).toEqual([0, null]);
  });
});
