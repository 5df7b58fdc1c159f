import type { Board } from "./board.ts";
import { csvOf } from "./csv.ts";
import type { FailureGroup } from "./failures.ts";
import { reportRows, reportText } from "./report.ts";
import { words } from "../i18n/page.ts";
import { useCopying } from "../ui/clipboard.ts";

export interface ReportActionsProps {
  board: Board;
  groups: readonly FailureGroup[];
  /** How the batch ended, in words. */
  outcome: string;
}

/** Takes the summary along: as text, or every file as a row of a spreadsheet. */
export function ReportActions({ board, groups, outcome }: ReportActionsProps) {
  const { isCopied, hasFailed, copy } = useCopying();
  const save = (): void => {
    const csv = csvOf(reportRows(board.ledger, words));
    saveAs(`tallyman-${board.batch.value?.id ?? ""}.csv`, new Blob([csv], { type: "text/csv" }));
  };
  const text = (): string => {
    const summary = board.hasEnded.value ? board.summary.value : null;
    return reportText(board.ledger, groups, { outcome, summary, words });
  };
  return (
    <>
      <button type="button" onClick={() => void copy(text())}>
        {isCopied.value ? words.report.copied : words.report.copy}
      </button>
      <button type="button" onClick={save}>
        {words.report.download}
      </button>
      <span class="unseen" role="status">
        {isCopied.value && words.report.copied}
      </span>
      {hasFailed.value && <span role="alert">{words.report.copyFailed}</span>}
    </>
  );
}

function saveAs(name: string, file: Blob): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  // The browser has taken the file over by the time this runs.
  setTimeout(() => URL.revokeObjectURL(link.href));
}
