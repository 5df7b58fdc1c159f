import { describe, expect, it } from "vitest";
import { Ledger } from "../../client/ledger.ts";
import type { FileState, Row } from "../../protocol/index.ts";
import { fileKind } from "./file-kind.ts";

function ledgerOf(types: readonly string[], size = 1000, state: FileState = "completed"): Ledger {
  const ledger = new Ledger();
  ledger.declare(
    types.map((type, id) => ({ name: `${id}`, path: null, size, type })),
    1,
  );
  ledger.apply([0, state, 100, size, null] satisfies Row, 2);
  return ledger;
}

describe("fileKind", () => {
  it.each([
    [["image/jpeg", "image/heic"], "photo"],
    [["video/mp4"], "video"],
    [["image/jpeg", "video/mp4"], "file"],
    [["image/jpeg", ""], "file"],
    [[], "file"],
  ] as const)("of %j is %s", (types, kind) => {
    const ledger = new Ledger();
    ledger.declare(
      types.map((type, id) => ({ name: `${id}`, path: null, size: 1, type })),
      1,
    );
    expect(fileKind(ledger)).toBe(kind);
  });

  it("leaves out cancelled files", () => {
    expect(fileKind(ledgerOf(["text/plain", "image/png"], 1, "cancelled"))).toBe("photo");
  });
});
