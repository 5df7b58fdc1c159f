import { useMemo } from "preact/hooks";
import { Selection } from "../state/list/selection.ts";
import { contentLink } from "../state/share-link.ts";
import type { Upload, Uploads } from "../state/uploads.ts";
import { BatchProgress } from "./batch-progress.tsx";
import type { FileActions } from "./list/file-actions.ts";
import { FilePanel } from "./list/file-panel.tsx";
import { LeaveGuard } from "./leave-guard.tsx";
import { useLive } from "./live.ts";
import { StayAwake } from "./stay-awake.ts";
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
  const isSending = useLive(board, () => uploader.running && uploader.batch?.state !== "paused");
  const actions = useMemo(() => actionsOf(uploader), [uploader]);
  return (
    <>
      <BatchProgress
        board={board}
        isOver={isIdle.value}
        onAgain={intake.isStalled.value ? () => intake.tryAgain() : null}
        onRetry={() => void uploader.retry()}
        onShowFailed={() => void (selection.filter.value = "failed")}
      >
        <UploadActions upload={upload} uploads={uploads} />
      </BatchProgress>
      <FilePanel board={board} selection={selection} actions={actions} />
      <LeaveGuard isRunning={() => uploader.running} />
      <StayAwake isRunning={isSending} />
      <TabStatus board={board} />
    </>
  );
}

function actionsOf(uploader: Upload["uploader"]): FileActions {
  return {
    retry: (file) => void uploader.retry([file]),
    cancel: (file) => void uploader.cancel([file]),
    contentLink: (file) => {
      const { created } = uploader;
      return created && contentLink(created.id, file, created.tokens.read);
    },
  };
}
