import { useComputed } from "@preact/signals";
import type { Board } from "../batch/board.ts";
import type { ListView } from "./list-view.ts";
import type { Thumbnails } from "../thumbnails/thumbnails.ts";
import { words } from "../i18n/page.ts";
import type { FileActions } from "./file-actions.ts";
import { FileList } from "./file-list.tsx";
import { ListControls } from "./list-controls.tsx";

interface FilePanelProps {
  board: Board;
  selection: ListView;
  actions: FileActions;
  /** Null where the files are on somebody else's disk. */
  thumbnails: Thumbnails | null;
}

/** The list of files and what chooses from it. */
export function FilePanel({ board, selection, actions, thumbnails }: FilePanelProps) {
  const isEmpty = useComputed(() => selection.length.value === 0 && board.listedCount.value > 0);
  return (
    <section class="files" aria-labelledby="files-title">
      <h2 id="files-title" class="unseen">
        {words.list.title}
      </h2>
      <ListControls board={board} selection={selection} />
      {isEmpty.value && <p class="none">{words.list.none}</p>}
      <FileList board={board} selection={selection} actions={actions} thumbnails={thumbnails} />
    </section>
  );
}
