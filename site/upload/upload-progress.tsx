import type { ComponentChildren, ComponentType } from "preact";
import type { Upload, Uploads } from "./uploads.ts";
import { BatchProgress } from "../batch/batch-progress.tsx";
import { useLive } from "../ui/use-live.ts";
import type { ReportActionsProps } from "../batch/report-actions.tsx";
import { UploadActions } from "./upload-actions.tsx";
import { LeaveGuard } from "./leave-guard.tsx";

interface UploadProgressProps {
  upload: Upload;
  uploads: Uploads;
  /** Shows the failed files; null where there is no list of them. */
  onShowFailed?: (() => void) | null;
  /** Takes the summary along; null where there is no need for that. */
  Report?: ComponentType<ReportActionsProps> | null;
  /** How fast to send, where that can be chosen. */
  speed?: ComponentChildren;
}

/** How far a batch is, for the person who uploads it, and all that this person can do about it. */
export function UploadProgress(props: UploadProgressProps) {
  const { upload, uploads, onShowFailed = null, Report = null, speed } = props;
  const { uploader, board, declarations } = upload;
  const isIdle = useLive(board, () => !uploader.running && board.listedCount.value > 0);
  return (
    <>
      <BatchProgress
        board={board}
        isOver={isIdle.value}
        onAgain={declarations.isStalled.value ? () => declarations.retry() : null}
        onRetry={() => uploader.retry()}
        onShowFailed={onShowFailed}
        Report={Report}
      >
        <UploadActions upload={upload} uploads={uploads} speed={speed} />
      </BatchProgress>
      <LeaveGuard isRunning={() => uploader.running} />
    </>
  );
}
