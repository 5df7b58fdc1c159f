import { useComputed } from "@preact/signals";
import { useMemo } from "preact/hooks";
import type { Board } from "../batch/board.ts";
import { words } from "../i18n/page.ts";
import type { FileActions } from "./file-actions.ts";
import { FileList } from "./file-list.tsx";
import { LayoutShifts, RowShifts } from "./layout-shifts.ts";
import { ListControls } from "./list-controls.tsx";
import { SendingNow } from "./sending-now.tsx";
import { UndoAnnouncement } from "./undo-announcement.tsx";
import type { RowThumbnails } from "./list-row.ts";
import type { ListView } from "./list-view.ts";

interface FilePanelProps {
  board: Board;
  list: ListView;
  actions: FileActions;
  thumbnails: RowThumbnails | null;
}

/** The list of files with its filters, search and sort order; nothing without files. */
export function FilePanel({ board, list, actions, thumbnails }: FilePanelProps) {
  const context = useMemo(
    () => ({ board, files: list.files, thumbnails, undoable: actions.undoable }),
    [board, list, thumbnails, actions],
  );
  const isEmpty = useComputed(() => list.length.value === 0 && board.listedCount.value > 0);
  // It is there before the first file, because making it takes two frames.
  const isHidden = useComputed(() => board.fileCount.value === 0);
  const shifts = useMemo(() => new LayoutShifts(), []);
  return (
    <RowShifts.Provider value={shifts}>
      <section class="files" aria-labelledby="files-title" hidden={isHidden}>
        <h2 id="files-title" class="visually-hidden">
          {words.list.title}
        </h2>
        <SendingNow context={context} list={list} actions={actions} />
        <ListControls board={board} list={list} />
        {isEmpty.value && <p class="no-matches">{words.list.noMatches}</p>}
        <UndoAnnouncement files={list.files} undoable={actions.undoable} />
        <FileList context={context} list={list} actions={actions} />
      </section>
    </RowShifts.Provider>
  );
}
