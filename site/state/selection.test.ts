import { describe, expect, it } from "vitest";
import { Ledger } from "../../client/ledger.ts";
import { matching } from "./selection.ts";

function ledgerOf(...paths: string[]): Ledger {
  const ledger = new Ledger();
  ledger.add(
    paths.map((path) => ({ name: path.split("/").at(-1) ?? "", path, size: 10, type: "" })),
  );
  return ledger;
}

describe("matching", () => {
  const ledger = ledgerOf("holiday/IMG_1.jpg", "holiday/IMG_2.jpg", "Ärzte/brief.pdf");
  ledger.apply([0, "completed", 100, 10, null], 1);
  ledger.apply([1, "failed", 20, 5, "storage_failed"], 1);

  it("finds all files in order", () => {
    expect([...matching(ledger, "all", "")]).toEqual([0, 1, 2]);
  });

  it("finds by state", () => {
    expect([...matching(ledger, "completed", "")]).toEqual([0]);
    expect([...matching(ledger, "failed", "")]).toEqual([1]);
    expect([...matching(ledger, "moving", "")]).toEqual([]);
  });

  it("finds by name or folder, whatever the case", () => {
    expect([...matching(ledger, "all", " img_2 ")]).toEqual([1]);
    expect([...matching(ledger, "all", "HOLIDAY")]).toEqual([0, 1]);
    expect([...matching(ledger, "all", "ärzte")]).toEqual([2]);
  });

  it("finds what is both", () => {
    expect([...matching(ledger, "failed", "holiday")]).toEqual([1]);
    expect([...matching(ledger, "failed", "brief")]).toEqual([]);
  });
});
