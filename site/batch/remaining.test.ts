import { expect, it, vi } from "vitest";
import { Ledger } from "../../client/ledger.ts";
import type { Row } from "../../protocol/index.ts";
import { ZERO_TOTALS } from "../../protocol/index.ts";
import { countsOf } from "./counts.ts";
import { remainingOf } from "./remaining.ts";

const SIZE = 100;

/** Files in these states. The server has received 40 bytes of each that isn't stored. */
function ledgerOf(...states: Row[1][]): Ledger {
  const ledger = new Ledger();
  ledger.add(states.map((state) => ({ name: state, path: null, size: SIZE, type: "" })));
  const totals = { ...ZERO_TOTALS, files: states.length, bytes: SIZE * states.length };
  for (const [id, state] of states.entries()) {
    const received = state === "completed" || state === "processing" ? SIZE : 40;
    ledger.apply([id, state, 20, received, null], 1);
    totals[state] += 1;
    totals.receivedBytes += received;
  }
  ledger.setTotals(totals, 0, 1);
  return ledger;
}

const remaining = (ledger: Ledger) => remainingOf(ledger, countsOf(ledger, ledger.count));

it("counts the bytes and files that still have to arrive", () => {
  const ledger = ledgerOf("queued", "uploading", "processing", "completed");
  expect(remaining(ledger)).toEqual({ bytes: 120, files: 3, processing: 1 });
});

it("counts nothing of files that failed or were cancelled", () => {
  const ledger = ledgerOf("uploading", "failed", "cancelled");
  expect(remaining(ledger)).toEqual({ bytes: 60, files: 1, processing: 0 });
});

it("visits no file, even if some have failed", () => {
  const ledger = ledgerOf("uploading", "failed", "cancelled");
  const counts = countsOf(ledger, ledger.count);
  const visits = (["state", "size", "receivedBytes"] as const).map((name) =>
    vi.spyOn(ledger, name),
  );
  expect(remainingOf(ledger, counts).bytes).toBe(60);
  for (const visit of visits) expect(visit).not.toHaveBeenCalled();
});

it("uses the totals while a viewer has not loaded the list of files", () => {
  const ledger = new Ledger();
  ledger.setTotals({ ...ZERO_TOTALS, files: 2, queued: 2, bytes: 200, receivedBytes: 40 }, 0, 1);
  expect(remainingOf(ledger, countsOf(ledger, 2))).toEqual({ bytes: 160, files: 2, processing: 0 });
});

it("counts nothing of files that were replaced", () => {
  const ledger = ledgerOf("queued", "cancelled");
  ledger.add([{ name: "cancelled", path: null, size: SIZE, type: "" }]);
  ledger.setTotals({ ...ledger.totals, files: 3, queued: 2, bytes: 3 * SIZE }, 0, 2);
  expect([ledger.replaced, ledger.currentTotals.cancelled]).toEqual([[1], 0]);
  expect(remainingOf(ledger, countsOf(ledger, 2))).toMatchObject({ bytes: 160, files: 2 });
});

it("counts nothing of files that have failed in this client", () => {
  const ledger = ledgerOf("queued", "queued");
  ledger.setLocalFailure(1, "connection_failed");
  expect(remaining(ledger)).toEqual({ bytes: 60, files: 1, processing: 0 });
});
