import { describe, expect, it } from "vitest";
import type { Row } from "../../protocol/index.ts";
import { Ledger } from "../../client/ledger.ts";
import { pageWords } from "../i18n/page/en.ts";
import { formatsFor } from "../i18n/formats.ts";
import { progressOf } from "./row-progress.ts";
import { folderOf, kindOf, startOverText, stateText } from "./row-state.ts";

const english = pageWords(formatsFor("en"));

function textFor(size: number, sent: number, row?: Row): string {
  const ledger = new Ledger();
  ledger.add([{ name: "a.jpg", path: null, size, type: "" }]);
  ledger.setSent(0, sent);
  if (row !== undefined) ledger.apply(row, 1);
  return stateText(progressOf(ledger, 0), english);
}

describe("stateText", () => {
  it.each([
    ["Waiting", 100, 0, undefined],
    ["Uploading 34%", 100, 34, undefined],
    ["Sent", 100, 100, undefined],
    ["Uploading 40%", 100, 40, [0, "uploading", 10, 20, null]],
    ["Uploading 0%", 100, 0, [0, "uploading", 0, 0, null]],
    ["Stored", 100, 100, [0, "uploading", 50, 100, null]],
    ["Checking", 100, 100, [0, "processing", 75, 100, null]],
    ["Done", 100, 100, [0, "completed", 100, 100, null]],
    ["Failed", 100, 100, [0, "failed", 20, 40, "storage_failed"]],
    ["Cancelled", 100, 0, [0, "cancelled", 0, 0, null]],
    ["Waiting", 0, 0, undefined],
    ["Done", 0, 0, [0, "completed", 100, 0, null]],
  ] as const)("returns %s", (text, size, sent, row) => {
    expect(textFor(size, sent, row && [...row])).toBe(text);
  });
});

describe("startOverText", () => {
  const NOW = Date.parse("2026-11-20T12:00:00Z");
  const textAt = (expiresAt: string | null) => startOverText(expiresAt, english, "en", NOW);

  it("tells within a week when a file starts over", () => {
    expect(textAt("2026-11-27T11:00:00Z")).toBe(
      "Finish by November 27, 2026, or it starts over: unfinished files aren't kept longer.",
    );
  });

  it("tells why a file starts over", () => {
    expect(textAt("2026-11-20T12:00:00Z")).toBe("Starts over: it wasn't finished in time.");
  });

  it("is empty for other files", () => {
    expect([textAt(null), textAt("2026-11-27T13:00:00Z")]).toEqual(["", ""]);
  });
});

describe("folderOf", () => {
  it("returns the path without the name", () => {
    expect(folderOf("a/b/c.jpg")).toBe("a/b");
    expect(folderOf("c.jpg")).toBe("");
    expect(folderOf(null)).toBe("");
  });
});

describe("kindOf", () => {
  it.each([
    ["IMG_1.jpeg", "JPEG"],
    ["archive.tar.gz", "GZ"],
    ["README", ""],
    [".profile", ""],
    ["notes.markdown", ""],
    ["1. draft", ""],
  ])("returns the kind of %s: %j", (name, kind) => {
    expect(kindOf(name)).toBe(kind);
  });
});
