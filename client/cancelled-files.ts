import { type Row, type Totals, ZERO_TOTALS } from "../protocol/index.ts";
import type { Ledger } from "./ledger.ts";
import { declarationOf, ledgerFile, type Source } from "./source.ts";
import type { ViewEvents } from "./view.ts";

/**
 * Adds files of a batch that was cancelled before it existed: no server reports what became of them.
 *
 * @returns the event about them
 */
export function addCancelled(ledger: Ledger, sources: readonly Source[]): ViewEvents["files"] {
  const first = ledger.count;
  const files = sources.map((source) => ledgerFile(declarationOf(source)));
  ledger.add(files);
  // In place of the server's numbers: each change is later than those before.
  const rev = ledger.count;
  for (let id = first; id < ledger.count; id++) ledger.apply(cancelledRow(id), rev);
  const bytes = files.reduce((sum, { size }) => sum + size, ledger.totals.bytes);
  ledger.setTotals(cancelledTotals(ledger.count, bytes), 100, rev, 0);
  return { first, count: files.length, isOwn: true, sources };
}

function cancelledRow(id: number): Row {
  return [id, "cancelled", 0, 0, null];
}

function cancelledTotals(files: number, bytes: number): Totals {
  return { ...ZERO_TOTALS, files, cancelled: files, bytes };
}
