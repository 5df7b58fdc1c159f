import { describe, expect, test } from "vitest";
import { Ledger } from "./ledger.ts";

const file = (name: string, size = 10) => ({ name, path: null, size, type: "" });

function ledgerOf(...names: string[]): Ledger {
  const ledger = new Ledger();
  ledger.add(names.map((name) => file(name)));
  return ledger;
}

function cancel(ledger: Ledger, id: number, received = 0): void {
  ledger.apply([id, "cancelled", 0, received, null], id + 1);
}

describe("a ledger", () => {
  test("finds files by path or name, and those that are added later", () => {
    const ledger = ledgerOf("a", "b");
    ledger.add([{ ...file("b"), path: "in/b" }]);
    expect([ledger.filesAt("b"), ledger.filesAt("in/b"), ledger.filesAt("c")]).toEqual([
      [1],
      [2],
      [],
    ]);
    ledger.add([file("b")]);
    expect(ledger.filesAt("b")).toEqual([1, 3]);
  });

  test("takes a cancelled file for replaced if a later one has its path, whichever is known first", () => {
    const ledger = ledgerOf("a", "b", "a");
    expect(ledger.replaced).toEqual([]);
    cancel(ledger, 1);
    cancel(ledger, 0);
    expect(ledger.replaced).toEqual([0]);
    ledger.add([file("b")]);
    expect([ledger.replaced, ledger.isReplaced(1), ledger.isReplaced(3)]).toEqual([
      [0, 1],
      true,
      false,
    ]);
  });

  test("shows the last of several cancelled files with a path", () => {
    const ledger = ledgerOf("a", "a", "a");
    for (const id of [2, 0, 1]) cancel(ledger, id);
    expect(ledger.replaced).toEqual([0, 1]);
  });

  test("has the same list of replaced files until there are more", () => {
    const ledger = ledgerOf("a", "a", "b");
    cancel(ledger, 0);
    const { replaced } = ledger;
    cancel(ledger, 2);
    cancel(ledger, 0);
    ledger.add([file("c")]);
    expect(ledger.replaced).toBe(replaced);
  });

  test("has totals without the replaced files", () => {
    const ledger = ledgerOf("a", "a", "b");
    cancel(ledger, 0, 4);
    const totals = { ...ledger.totals, files: 3, queued: 2, cancelled: 1 };
    ledger.setTotals({ ...totals, bytes: 30, receivedBytes: 4 }, 0, 5);
    expect(ledger.currentTotals).toMatchObject({
      files: 2,
      queued: 2,
      cancelled: 0,
      bytes: 20,
      receivedBytes: 0,
    });
    expect(ledger.totals.files).toBe(3);
  });
});
