import { useMemo } from "preact/hooks";
import type { Board } from "../state/board.ts";
import { Selection } from "../state/list/selection.ts";
import { contentLink } from "../state/share-link.ts";
import { words } from "../words/index.ts";
import { BatchNote } from "./batch-note.tsx";
import { BatchProgress } from "./batch-progress.tsx";
import type { FileActions } from "./list/file-actions.ts";
import { FilePanel } from "./list/file-panel.tsx";
import { TabStatus } from "./tab-status.tsx";

/** One batch, for those who only watch. */
export function WatchSheet({ board, token }: { board: Board; token: string }) {
  const actions = useMemo(() => actionsOf(board, token), [board, token]);
  const selection = useMemo(() => new Selection(board), [board]);
  if (board.batch.value === null) return <Opening board={board} />;
  return (
    <>
      <p class="watching">
        <strong>{words.watch.title}</strong> {words.watch.who}
      </p>
      {board.files.value === 0 && <p class="note">{words.watch.empty}</p>}
      <BatchProgress
        board={board}
        isOver={board.ended.value}
        onShowFailed={() => void (selection.filter.value = "failed")}
      />
      <FilePanel board={board} selection={selection} actions={actions} />
      <TabStatus board={board} />
    </>
  );
}

function Opening({ board }: { board: Board }) {
  if (board.problem.value !== null) return <BatchNote board={board} onRetry={null} />;
  return <p class="note">{words.watch.loading}</p>;
}

function actionsOf(board: Board, token: string): FileActions {
  return {
    retry: null,
    cancel: null,
    contentLink: (file) => board.batch.value && contentLink(board.batch.value.id, file, token),
  };
}
