/** The code that the elements load on demand: it sends and shows a batch. */
import { Watcher } from "../../client/index.ts";
import { Board } from "../batch/board.ts";
import { Connection } from "../batch/connection.tsx";
import { WatchProgress } from "../batch/watch-progress.tsx";
import { acceptOf } from "../upload/accept.ts";
import { AppUploads } from "../upload/app-uploads.ts";
import { DropNotes } from "../upload/drop-notes.tsx";
import { LimitsLine } from "../upload/limits-line.tsx";
import { UploadView } from "../upload/upload-box.tsx";
import { provideBatchModule } from "./load-batch-module.ts";

function WatchView({ board }: { board: Board }) {
  return (
    <>
      <WatchProgress board={board} />
      <Connection board={board} />
    </>
  );
}

const batchModule = {
  AppUploads,
  acceptOf,
  DropNotes,
  LimitsLine,
  UploadView,
  Watcher,
  Board,
  WatchView,
};

export type BatchModule = typeof batchModule;

provideBatchModule(batchModule);
