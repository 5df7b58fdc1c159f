import { useComputed } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useMemo } from "preact/hooks";
import { BatchNote } from "../batch/batch-note.tsx";
import { BatchProgress } from "../batch/batch-progress.tsx";
import type { FailureActions } from "../batch/failure-line.tsx";
import { Opening } from "../batch/opening.tsx";
import { words } from "../i18n/index.ts";
import { useLive } from "../ui/use-live.ts";
import { finishWithoutFailed, retryFailed } from "./failed-uploads.ts";
import { isOpening } from "./is-opening.ts";
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
export function UploadProgress(props: UploadProgressProps) {
  const { uploader, declarations } = props.upload;
  const mustWait = useComputed(() => isOpening(props.upload)).value;
  return (
    <>
      {mustWait ? <OpeningBatch {...props} /> : <KnownBatch {...props} />}
      <LeaveGuard isRunning={() => uploader.running || declarations.isStalled.peek()} />
    </>
  );
}

/** Until the batch is known: its files and their number are not. */
function OpeningBatch({ upload: { board }, uploads }: UploadProgressProps) {
  const isBroken = board.problem.value !== null;
  return (
    <Opening isBroken={isBroken}>
      <BatchNote board={board} />
      {isBroken && (
        <div class="actions">
          <button type="button" part="button" onClick={() => uploads.clear()}>
            {words.summary.startAnother}
          </button>
        </div>
      )}
    </Opening>
  );
}

function KnownBatch({ upload, uploads, share, children }: UploadProgressProps) {
  const { uploader, board } = upload;
  const failureActions = useMemo(() => failureActionsOf(upload), [upload]);
  const isIdle = useLive(board, () => !uploader.running && board.listedCount.value > 0);
  const hasEnded = board.hasEnded.value;
  const controls = (
    <UploadActions upload={upload} uploads={uploads}>
      {children}
    </UploadActions>
  );
  return (
    <BatchProgress board={board} isOver={isIdle.value} failureActions={failureActions}>
      {/* The link stays in place: a dialog that is moved in the document is no longer modal. */}
      {!hasEnded && controls}
      {share}
      {hasEnded && controls}
    </BatchProgress>
  );
}

function failureActionsOf(upload: Upload): FailureActions {
  return {
    retry: () => retryFailed(upload),
    finishWithout: () => void finishWithoutFailed(upload),
  };
}
