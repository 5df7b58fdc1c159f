import type { ComponentChildren } from "preact";
import { useMemo } from "preact/hooks";
import type { Uploader } from "../../client/index.ts";
import { BatchProgress } from "../batch/batch-progress.tsx";
import type { FailureActions } from "../batch/failure-line.tsx";
import { useLive } from "../ui/use-live.ts";
import { LeaveGuard } from "./leave-guard.tsx";
import { UploadActions } from "./upload-actions.tsx";
import type { Upload, Uploads } from "./uploads.ts";

interface UploadProgressProps {
  upload: Upload;
  uploads: Uploads;
  /** The share link, which comes first once the batch has ended. */
  share?: ComponentChildren;
  /** More controls beside the batch's buttons. */
  children?: ComponentChildren;
}

/** The progress of a batch with the buttons to control it, for the person who uploads it. */
export function UploadProgress({ upload, uploads, share, children }: UploadProgressProps) {
  const { uploader, board } = upload;
  const failureActions = useMemo(() => failureActionsOf(uploader), [uploader]);
  const isIdle = useLive(board, () => !uploader.running && board.listedCount.value > 0);
  const hasEnded = board.hasEnded.value;
  const controls = (
    <UploadActions upload={upload} uploads={uploads}>
      {children}
    </UploadActions>
  );
  return (
    <>
      <BatchProgress board={board} isOver={isIdle.value} failureActions={failureActions}>
        {/* The link stays in place: a dialog that is moved in the document is no longer modal. */}
        {!hasEnded && controls}
        {share}
        {hasEnded && controls}
      </BatchProgress>
      <LeaveGuard isRunning={() => uploader.running} />
    </>
  );
}

function failureActionsOf(uploader: Uploader): FailureActions {
  return {
    retry: () => uploader.retry(),
    finishWithout: () => void uploader.cancelFailed(),
    isRetrying: (id) => uploader.isRetrying(id),
  };
}
