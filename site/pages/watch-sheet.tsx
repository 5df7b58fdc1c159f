import { useComputed } from "@preact/signals";
import { useMemo } from "preact/hooks";
import type { Board } from "../batch/board.ts";
import { ListView } from "../list/list-view.ts";
import { contentLink } from "../share/links.ts";
import { words } from "../i18n/page.ts";
import type { FileActions } from "../list/file-actions.ts";
import { FilePanel } from "../list/file-panel.tsx";
import { ReportActions } from "../batch/report-actions.tsx";
import { TabStatus } from "./tab-status.tsx";
import { WatchProgress } from "../batch/watch-progress.tsx";

/** One batch, for those who only watch. */
export function WatchSheet({ board, token }: { board: Board; token: string }) {
  const actions = useMemo(() => actionsOf(board, token), [board, token]);
  const list = useMemo(() => new ListView(board), [board]);
  const isThere = useComputed(() => board.batch.value !== null);
  return (
    <>
      {isThere.value && (
        <p class="watching">
          <strong>{words.watching.title}</strong> {words.watching.note}
        </p>
      )}
      <WatchProgress
        board={board}
        onShowFailed={() => void (list.filter.value = "failed")}
        Report={ReportActions}
      />
      {isThere.value && (
        <>
          <FilePanel board={board} list={list} actions={actions} thumbnails={null} />
          <TabStatus board={board} />
        </>
      )}
    </>
  );
}

function actionsOf(board: Board, token: string): FileActions {
  return {
    retry: null,
    cancel: null,
    contentLink: (file) => board.batch.value && contentLink(board.batch.value.id, file, token),
  };
}
