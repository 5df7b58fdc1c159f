import { useMemo } from "preact/hooks";
import type { Board } from "../state/board.ts";
import { Selection } from "../state/list/selection.ts";
import { words } from "../words/index.ts";
import { BatchNote } from "./batch-note.tsx";
import { BatchProgress } from "./batch-progress.tsx";
import { FilePanel } from "./list/file-panel.tsx";
import { TabStatus } from "./tab-status.tsx";

/** One batch, for those who only watch. */
export function WatchSheet({ board }: { board: Board }) {
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
      <FilePanel board={board} selection={selection} onRetry={null} />
      <TabStatus board={board} />
    </>
  );
}

function Opening({ board }: { board: Board }) {
  if (board.problem.value !== null) return <BatchNote board={board} onRetry={null} />;
  return <p class="note">{words.watch.loading}</p>;
}
