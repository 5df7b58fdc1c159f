import type { ComponentChildren } from "preact";
import type { BatchResource } from "../../protocol/index.ts";
import type { Upload, Uploads } from "./uploads.ts";
import { words } from "../i18n/index.ts";
import { useLive } from "../ui/use-live.ts";
import { PickButtons } from "./pick-buttons.tsx";

interface UploadActionsProps {
  upload: Upload;
  uploads: Uploads;
  /** How fast to send, where that can be chosen. */
  speed?: ComponentChildren;
}

/** What the uploader can do with the batch: pause it, add to it, go on to the next. */
export function UploadActions({ upload, uploads, speed }: UploadActionsProps) {
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
      {!isOver.value && speed}
    </div>
  );
}

/** Does the batch take no more files? */
function isClosed(batch: BatchResource | null): boolean {
  return batch !== null && (batch.sealed || batch.state === "cancelled");
}

/** Pause and go on, whoever paused it, and the end of it all; nothing while nothing is to be sent, from here or elsewhere. */
function RunControls({ upload: { uploader, board } }: { upload: Upload }) {
  const state = useLive(board, () => uploader.batch?.state ?? null);
  const isRunning = useLive(board, () => uploader.running || uploader.missing.size > 0);
  if (state.value === "completed" || state.value === "cancelled" || !isRunning.value) return null;
  const callOff = (): void => {
    // What is called off is not sent again: one wrong click should not do that.
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
      <button type="button" part="button" onClick={callOff}>
        {words.controls.cancel}
      </button>
    </>
  );
}
