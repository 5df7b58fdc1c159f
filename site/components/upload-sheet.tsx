import { useMemo } from "preact/hooks";
import { Selection } from "../state/list/selection.ts";
import type { Upload, Uploads } from "../state/uploads.ts";
import { BatchProgress } from "./batch-progress.tsx";
import { FilePanel } from "./list/file-panel.tsx";
import { LeaveGuard } from "./leave-guard.tsx";
import { useLive } from "./live.ts";
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
      <BatchProgress
        board={board}
        isOver={isIdle.value}
        onAgain={intake.isStalled.value ? () => intake.tryAgain() : null}
        onRetry={() => retry()}
        onShowFailed={() => void (selection.filter.value = "failed")}
      >
        <UploadActions upload={upload} uploads={uploads} />
      </BatchProgress>
      <FilePanel board={board} selection={selection} onRetry={(file) => retry([file])} />
      <LeaveGuard isRunning={() => uploader.running} />
      <TabStatus board={board} />
    </>
  );
}
