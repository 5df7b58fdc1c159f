import type { ComponentChildren } from "preact";
import type { BatchResource } from "../../protocol/index.ts";
import { words } from "../i18n/index.ts";
import { useLive } from "../ui/use-live.ts";
import { PickButtons } from "./pick-buttons.tsx";
import type { Upload, Uploads } from "./uploads.ts";

interface UploadActionsProps {
  upload: Upload;
  uploads: Uploads;
  /** More controls, shown while the batch accepts files. */
  children?: ComponentChildren;
}

/** Buttons to pause, resume and cancel the batch, to add files, and to start another batch. */
export function UploadActions({ upload, uploads, children }: UploadActionsProps) {
  const isOver = useLive(upload.board, () => isClosed(upload.uploader.batch));
  return (
    <div class="actions">
      <RunControls upload={upload} />
      {isOver.value ? (
        <button type="button" part="button" onClick={() => uploads.clear()}>
          {words.summary.startAnother}
        </button>
      ) : (
        <PickButtons
          files={words.drop.addFiles}
          folder={words.drop.addFolder}
          onPick={(files) => uploads.addPicked(files)}
        />
      )}
      {!isOver.value && children}
    </div>
  );
}

/** True if the batch accepts no more files. */
function isClosed(batch: BatchResource | null): boolean {
  return batch !== null && (batch.sealed || batch.state === "cancelled");
}

/** Pause or Resume, and Cancel. Hidden while there is nothing to send. */
function RunControls({ upload: { uploader, board } }: { upload: Upload }) {
  const state = useLive(board, () => uploader.batch?.state ?? null);
  const isRunning = useLive(board, () => uploader.running || uploader.missing.size > 0);
  if (state.value === "completed" || state.value === "cancelled" || !isRunning.value) return null;
  const cancel = (): void => {
    // Cancelling can't be undone, so a single wrong click must not do it.
    if (confirm(words.controls.confirmCancel)) void uploader.cancel();
  };
  return (
    <>
      {state.value === "paused" ? (
        <button
          type="button"
          class="primary"
          part="button primary"
          onClick={() => void uploader.resume()}
        >
          {words.controls.resume}
        </button>
      ) : (
        <button type="button" part="button" onClick={() => void uploader.pause()}>
          {words.controls.pause}
        </button>
      )}
      <button type="button" part="button" onClick={cancel}>
        {words.controls.cancel}
      </button>
    </>
  );
}
