import { type ComponentChildren, Fragment } from "preact";
import { BatchProgress } from "../batch/batch-progress.tsx";
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
  const isIdle = useLive(board, () => !uploader.running && board.listedCount.value > 0);
  const controls = (
    <UploadActions key="controls" upload={upload} uploads={uploads}>
      {children}
    </UploadActions>
  );
  const link = <Fragment key="share">{share}</Fragment>;
  return (
    <>
      <BatchProgress
        board={board}
        isOver={isIdle.value}
        onRetry={() => uploader.retry()}
        onFinishWithout={() => void uploader.cancelFailed()}
      >
        {board.hasEnded.value ? [link, controls] : [controls, link]}
      </BatchProgress>
      <LeaveGuard isRunning={() => uploader.running} />
    </>
  );
}
