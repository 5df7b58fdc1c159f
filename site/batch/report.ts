import type { Ledger } from "../../client/index.ts";
import type { Summary } from "../../protocol/index.ts";
import type { BatchWords } from "../i18n/elements/en.ts";
import type { PageWords } from "../i18n/page/en.ts";
import { folderOf } from "../list/row-state.ts";
import { byState } from "../list/sort-ids.ts";
import { shownName } from "../ui/shown-name.ts";
import type { CsvRow } from "./csv.ts";
import type { FailureGroup } from "./failures.ts";
import { placeOf } from "./places.ts";

export type ReportedFiles = Pick<
  Ledger,
  | "count"
  | "isReplaced"
  | "replaced"
  | "name"
  | "path"
  | "size"
  | "state"
  | "errorCode"
  | "networkLimit"
>;

/** Returns a row of titles and one row per file, failed files first. Sizes are in bytes. */
export function reportRows(ledger: ReportedFiles, words: BatchWords & PageWords): CsvRow[] {
  const { number, name, folder, bytes, state, code, reason } = words.report.columns;
  const titles = [number, name, folder, bytes, state, code, reason];
  const ids = byState(ledger).filter((id) => !ledger.isReplaced(id));
  return [titles, ...Array.from(ids, (id) => reportRow(ledger, id, words))];
}

function reportRow(ledger: ReportedFiles, id: number, words: BatchWords & PageWords): CsvRow {
  const code = ledger.state(id) === "failed" ? ledger.errorCode(id) : null;
  return [
    placeOf(ledger.replaced, id) + 1,
    ledger.name(id),
    folderOf(ledger.path(id)),
    ledger.size(id),
    words.states[ledger.state(id)],
    code ?? "",
    code === null ? "" : words.problem(code, ledger.networkLimit),
  ];
}

interface ReportTexts {
  /** The batch's outcome, in a sentence or two. */
  outcome: string;
  /** Null if the batch is not completed. */
  summary: Pick<Summary, "bytes" | "durationMs"> | null;
  words: BatchWords & PageWords;
}

/** Returns the summary as text: outcome, bytes and duration, then all failed files by reason. */
export function reportText(
  ledger: ReportedFiles,
  groups: readonly FailureGroup[],
  { outcome, summary, words }: ReportTexts,
): string {
  const failures = groups.map(({ code, count }) => {
    const ids = byState(ledger).filter((id) => hasFailedWith(ledger, id, code));
    const names = Array.from(ids, (id) => `- ${shownName(ledger.path(id) ?? ledger.name(id))}`);
    return [
      `${words.summary.failed(count)} ${words.problem(code, ledger.networkLimit, count)}`,
      ...names,
    ].join("\n");
  });
  const total = summary
    ? ` ${words.report.bytesInTime(summary.bytes, summary.durationMs / 1000)}`
    : "";
  return [`${outcome}${total}`, ...failures].join("\n\n");
}

function hasFailedWith(ledger: ReportedFiles, id: number, code: string): boolean {
  return ledger.state(id) === "failed" && ledger.errorCode(id) === code;
}
