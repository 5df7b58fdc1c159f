import { batch } from "@preact/signals";
import type { ComponentChildren, ComponentType } from "preact";
import { useMemo } from "preact/hooks";
import type { ClientProblem } from "../../client/index.ts";
import type { Board } from "../batch/board.ts";
import { PageExtras } from "../batch/page-extras.ts";
import { ReportActions } from "../batch/report-actions.tsx";
import { words } from "../i18n/page.ts";
import type { ListView } from "../list/list-view.ts";
import { BatchName, type Rename } from "./batch-name.tsx";

interface BatchExtrasProps {
  list: ListView;
  /** Null before the batch exists, undefined for viewers. */
  rename: Rename | null | undefined;
  /** All files in one picture. */
  Picture: ComponentType<{ board: Board }>;
  children: ComponentChildren;
}

/** Adds what only the page has to the progress inside: its picture, buttons, and a text. */
export function BatchExtras({ list, rename, Picture, children }: BatchExtrasProps) {
  const extras = useMemo(
    () => ({
      creationProblem,
      showFailed: (first: number) => showFailed(list, first),
      Name: nameWith(rename),
      Picture,
      Report: ReportActions,
    }),
    [list, rename, Picture],
  );
  return <PageExtras.Provider value={extras}>{children}</PageExtras.Provider>;
}

function nameWith(rename: Rename | null | undefined): ComponentType<{ board: Board }> {
  return ({ board }) => <BatchName board={board} rename={rename} />;
}

function showFailed(list: ListView, first: number): void {
  batch(() => {
    list.filter.value = "failed";
    list.query.value = "";
    list.reveal(first);
  });
}

/** The app that embeds an element has its own way to a grant; the page takes it from a link. */
function creationProblem({ code }: ClientProblem): string {
  return code === "unauthorized" ? words.access.needsGrant : words.problem(code);
}
