import { useMemo } from "preact/hooks";
import { Selection } from "../state/selection.ts";
import type { Upload, Uploads } from "../state/uploads.ts";
import { Announcer } from "./announcer.tsx";
import { BatchNote } from "./batch-note.tsx";
import { CountPanel } from "./count-panel.tsx";
import { Figures } from "./figures.tsx";
import { FilePanel } from "./file-panel.tsx";
import { LeaveGuard } from "./leave-guard.tsx";
import { useLive } from "./live.ts";
import { Summary } from "./summary.tsx";
import { TabStatus } from "./tab-status.tsx";
import { UploadActions } from "./upload-actions.tsx";

interface UploadSheetProps {
  upload: Upload;
  uploads: Uploads;
}

/** One batch, for the person who uploads it. */
export function UploadSheet({ upload, uploads }: UploadSheetProps) {
  const { uploader, board, intake } = upload;
  const selection = useMemo(() => new Selection(board), [board]);
  const isIdle = useLive(board, () => !uploader.running && board.count.value > 0);
  const retry = (files?: readonly number[]): void => void uploader.retry(files);
  return (
    <>
      <BatchNote board={board} onRetry={intake.isStalled.value ? () => intake.tryAgain() : null} />
      <CountPanel board={board} />
      <div class="dashboard">
        <Figures board={board} />
        <UploadActions upload={upload} uploads={uploads} />
      </div>
      <Summary
        board={board}
        isOver={isIdle.value}
        onShowFailed={() => void (selection.filter.value = "failed")}
        onRetry={() => retry()}
      />
      <FilePanel board={board} selection={selection} onRetry={(file) => retry([file])} />
      <LeaveGuard isRunning={() => uploader.running} />
      <TabStatus board={board} />
      <Announcer board={board} />
    </>
  );
}
