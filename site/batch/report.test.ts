import { describe, expect, it } from "vitest";
import { Ledger } from "../../client/ledger.ts";
import { batchWords } from "../i18n/elements/en.ts";
import { pageWords } from "../i18n/page/en.ts";
import { formatsFor } from "../i18n/formats.ts";
import { failureGroups } from "./failures.ts";
import { reportRows, reportText } from "./report.ts";

const words = { ...batchWords(formatsFor("en")), ...pageWords(formatsFor("en")) };

function ledgerOf(...paths: string[]): Ledger {
  const ledger = new Ledger();
  const nameOf = (path: string): string => path.split("/").at(-1) ?? "";
  ledger.add(paths.map((path) => ({ name: nameOf(path), path, size: 10, type: "" })));
  return ledger;
}

describe("a report", () => {
  const ledger = ledgerOf("a.txt", "in/b.txt", "in/deep/c.txt");
  ledger.apply([0, "completed", 100, 10, null], 1);
  ledger.apply([1, "cancelled", 0, 0, null], 1);
  ledger.apply([2, "failed", 20, 5, "storage_failed"], 1);

  it("has a row per file, failed files first", () => {
    const [titles, ...rows] = reportRows(ledger, words);
    expect(titles).toHaveLength(7);
    const reason = "The server couldn't store this file. Try again.";
    expect(rows).toEqual([
      [3, "c.txt", "in/deep", 10, "Failed", "storage_failed", reason],
      [1, "a.txt", "", 10, "Done", "", ""],
      [2, "b.txt", "in", 10, "Cancelled", "", ""],
    ]);
  });

  it("has the outcome as text, and the name of every failed file", () => {
    const textWith = (summary: { bytes: number; durationMs: number } | null): string =>
      reportText(ledger, failureGroups(ledger), { outcome: "It ended.", summary, words });
    const failures = "1 file failed. The server couldn't store this file. Try again.";
    expect(textWith(null)).toBe(`It ended.\n\n${failures}\n- in/deep/c.txt`);
    const summary = { bytes: 20, durationMs: 3000 };
    expect(textWith(summary)).toContain("It ended. 20 bytes in 3 sec.\n\n1 file failed.");
  });

  it("shows the bidirectional controls of names as text, and keeps them in the table", () => {
    const files = ledgerOf("in/photo_\u202Egpj.exe");
    files.apply([0, "failed", 20, 5, "storage_failed"], 1);
    const text = { outcome: "It ended.", summary: null, words };
    expect(reportText(files, failureGroups(files), text)).toContain("- in/photo_\uFFFDgpj.exe");
    expect(reportRows(files, words)[1]?.[1]).toBe("photo_\u202Egpj.exe");
  });

  it("has a file once that was replaced, with the number of its row", () => {
    const files = ledgerOf("a.txt", "b.txt", "a.txt");
    files.apply([0, "cancelled", 0, 0, null], 1);
    const [, ...rows] = reportRows(files, words);
    expect(rows.map(([number, name, , , state]) => [number, name, state])).toEqual([
      [1, "b.txt", "Waiting"],
      [2, "a.txt", "Waiting"],
    ]);
  });

  it("names the limit of the network", () => {
    const files = ledgerOf("a.txt");
    files.setLocalFailure(0, "network_limit");
    files.setNetworkLimit(2_000_000);
    const [, row] = reportRows(files, words);
    const reason =
      "The network lets files of at most 2.0 MB through. Try another network, or make the file smaller.";
    expect(row).toEqual([1, "a.txt", "", 10, "Failed", "network_limit", reason]);
  });
});
