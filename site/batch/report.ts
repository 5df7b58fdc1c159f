import type { Ledger } from "../../client/index.ts";
import type { Summary } from "../../protocol/index.ts";
import type { Words } from "../i18n/elements/en.ts";
import type { PageWords } from "../i18n/page/en.ts";
import type { CsvRow } from "./csv.ts";
import type { FailureGroup } from "./failures.ts";
import { byState } from "../list/sort-ids.ts";
import { folderOf } from "../list/row-state.ts";

type Reported = Pick<Ledger, "count" | "name" | "path" | "size" | "state" | "errorCode">;

/** One row for each file under a row of titles, the failed files first. Sizes are in bytes. */
export function reportRows(ledger: Reported, words: Words & PageWords): CsvRow[] {
  const { number, name, folder, bytes, state, code, reason } = words.report.columns;
  const titles = [number, name, folder, bytes, state, code, reason];
  return [titles, ...Array.from(byState(ledger), (id) => reportRow(ledger, id, words))];
}

function reportRow(ledger: Reported, id: number, words: Words & PageWords): CsvRow {
  const code = ledger.state(id) === "failed" ? ledger.errorCode(id) : null;
  return [
    id + 1,
    ledger.name(id),
    folderOf(ledger.path(id)),
    ledger.size(id),
    words.states[ledger.state(id)],
    code ?? "",
    code === null ? "" : words.problem(code),
  ];
}

interface ReportTexts {
  outcome: string;
  summary: Pick<Summary, "bytes" | "durationMs"> | null;
  words: Words & PageWords;
}

/**
 * The same in words: how it ended, then every failed file under what to do about it. Bytes and time
 * are in it as well, since whoever reads it does not have the page before them.
 *
 * @param outcome how the batch ended, in a sentence or two
 * @param summary null where it has not ended for good
 */
export function reportText(
  ledger: Reported,
  groups: readonly FailureGroup[],
  { outcome, summary, words }: ReportTexts,
): string {
  const failures = groups.map(({ code, count }) => {
    const ids = byState(ledger).filter((id) => isFailedBy(ledger, id, code));
    const names = Array.from(ids, (id) => `- ${ledger.path(id) ?? ledger.name(id)}`);
    return [`${words.summary.failed(count)}. ${words.problem(code)}`, ...names].join("\n");
  });
  const took = summary
    ? ` ${words.report.bytesInTime(summary.bytes, summary.durationMs / 1000)}`
    : "";
  return [`${outcome}${took}`, ...failures].join("\n\n");
}

function isFailedBy(ledger: Reported, id: number, code: string): boolean {
  return ledger.state(id) === "failed" && ledger.errorCode(id) === code;
}
