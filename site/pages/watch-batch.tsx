import { useComputed } from "@preact/signals";
import { useMemo } from "preact/hooks";
import type { Board } from "../batch/board.ts";
import { WatchProgress } from "../batch/watch-progress.tsx";
import { words } from "../i18n/page.ts";
import type { FileActions } from "../list/file-actions.ts";
import { FilePanel } from "../list/file-panel.tsx";
import { ListView } from "../list/list-view.ts";
import { contentLink } from "../share/links.ts";
import { TallyField } from "../tally/tally-field.tsx";
import { BatchExtras } from "./batch-extras.tsx";
import { TabStatus } from "./tab-status.tsx";

/** One batch, for viewers. */
export function WatchBatch({ board, token }: { board: Board; token: string }) {
  const actions = useMemo(() => actionsOf(board, token), [board, token]);
  const list = useMemo(() => new ListView(board), [board]);
  const hasLoaded = useComputed(() => board.batch.value !== null);
  return (
    <>
      {hasLoaded.value && (
        <p class="viewer-note">
          <strong>{words.watching.title}</strong> {words.watching.note}
        </p>
      )}
      <BatchExtras list={list} Picture={TallyField}>
        <WatchProgress board={board} />
      </BatchExtras>
      {hasLoaded.value && (
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
