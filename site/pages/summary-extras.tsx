import type { ComponentChildren } from "preact";
import { useMemo } from "preact/hooks";
import { PageExtras } from "../batch/page-extras.ts";
import { ReportActions } from "../batch/report-actions.tsx";
import type { ListView } from "../list/list-view.ts";

interface SummaryExtrasProps {
  list: ListView;
  children: ComponentChildren;
}

/** Adds the page's buttons to the summary inside: show failed files, copy and download. */
export function SummaryExtras({ list, children }: SummaryExtrasProps) {
  const extras = useMemo(
    () => ({ showFailed: () => void (list.filter.value = "failed"), Report: ReportActions }),
    [list],
  );
  return <PageExtras.Provider value={extras}>{children}</PageExtras.Provider>;
}
