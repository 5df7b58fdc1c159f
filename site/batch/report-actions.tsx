import { Announcement } from "../announce/announcement.tsx";
import { words } from "../i18n/page.ts";
import { ListedFiles } from "../list/listed-files.ts";
import { useCopying } from "../ui/clipboard.ts";
import type { Board } from "./board.ts";
import { csvOf } from "./csv.ts";
import { failureGroups } from "./failures.ts";
import type { ReportProps } from "./page-extras.ts";
import { type ReportedFiles, reportRows, reportText } from "./report.ts";

/** Copies the summary as text, or downloads a CSV file with one row per file. */
export function ReportActions({ board, outcome }: ReportProps) {
  const { isCopied, hasFailed, copy } = useCopying();
  const download = (): void => {
    const csv = csvOf(reportRows(reported(board), words));
    saveAs(`tallyman-${board.batch.value?.id ?? ""}.csv`, new Blob([csv], { type: "text/csv" }));
  };
  const text = (): string => {
    const summary = board.hasEnded.value ? board.summary.value : null;
    const files = reported(board);
    return reportText(files, failureGroups(files), { outcome, summary, words });
  };
  return (
    <>
      <button type="button" onClick={() => void copy(text())}>
        {isCopied.value ? words.report.copied : words.report.copy}
      </button>
      <button type="button" onClick={download}>
        {words.report.download}
      </button>
      <Announcement text={isCopied.value ? words.report.copied : ""} />
      {hasFailed.value && <span role="alert">{words.report.copyFailed}</span>}
    </>
  );
}

/** Returns all files, those included that couldn't be declared. */
function reported(board: Board): ReportedFiles {
  const { replaced, networkLimit } = board.ledger;
  return Object.assign(new ListedFiles(board), { replaced, networkLimit });
}

function saveAs(name: string, file: Blob): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  // In the next task, the browser has started the download and no longer needs the URL.
  setTimeout(() => URL.revokeObjectURL(link.href));
}
