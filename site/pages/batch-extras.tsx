import type { ComponentChildren, ComponentType } from "preact";
import { useMemo } from "preact/hooks";
import type { ClientProblem } from "../../client/index.ts";
import type { Board } from "../batch/board.ts";
import { PageExtras } from "../batch/page-extras.ts";
import { ReportActions } from "../batch/report-actions.tsx";
import { words } from "../i18n/page.ts";
import type { ListView } from "../list/list-view.ts";

interface BatchExtrasProps {
  list: ListView;
  /** All files in one picture. */
  Picture: ComponentType<{ board: Board }>;
  children: ComponentChildren;
}

/** Adds what only the page has to the progress inside: its picture, buttons, and a text. */
export function BatchExtras({ list, Picture, children }: BatchExtrasProps) {
  const extras = useMemo(
    () => ({
      creationProblem,
      showFailed: () => void (list.filter.value = "failed"),
      Picture,
      Report: ReportActions,
    }),
    [list, Picture],
  );
  return <PageExtras.Provider value={extras}>{children}</PageExtras.Provider>;
}

/** The app that embeds an element has its own way to a grant; the page takes it from a link. */
function creationProblem({ code }: ClientProblem): string {
  return code === "unauthorized" ? words.access.needsGrant : words.problem(code);
}
