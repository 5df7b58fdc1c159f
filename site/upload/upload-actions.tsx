import type { ComponentChildren } from "preact";
import { words } from "../i18n/index.ts";
import { Menu } from "../ui/menu.tsx";
import { useLive } from "../ui/use-live.ts";
import { acceptOf } from "./accept.ts";
import { cancelUpload } from "./cancel-upload.ts";
import { PickButtons } from "./pick-buttons.tsx";
import type { Upload, Uploads } from "./uploads.ts";

interface UploadActionsProps {
  upload: Upload;
  uploads: Uploads;
  /** Further controls of a batch that is being sent. */
  children?: ComponentChildren;
}

/** Pause or Resume, Add more, and a menu with the rest; afterwards a button to start another batch. */
export function UploadActions({ upload, uploads, children }: UploadActionsProps) {
  const { uploader, board } = upload;
  const isClosed = useLive(board, () => acceptsNoFiles(uploader)).value;
  const isRunning = useLive(board, () => mayRun(upload)).value;
  return (
    <div class="actions">
      {isRunning && <PauseOrResume upload={upload} />}
      {isClosed ? (
        <button type="button" part="button" onClick={() => uploads.clear()}>
          {words.summary.startAnother}
        </button>
      ) : (
        <Menu label={words.controls.addMore}>
          <PickButtons
            files={words.drop.addFiles}
            folder={words.drop.addFolder}
            accept={acceptOf(uploads.limits)}
            onPick={(files) => uploads.addPicked(files)}
          />
        </Menu>
      )}
      {isRunning && (
        <Menu label="⋯" name={words.controls.more}>
          {children}
          <CancelButton upload={upload} />
        </Menu>
      )}
    </div>
  );
}

function acceptsNoFiles({ batch, cancelled }: Upload["uploader"]): boolean {
  return cancelled || batch?.sealed === true;
}

/** True while there is something to send or to choose again, paused or not. */
function mayRun({ uploader }: Upload): boolean {
  if (uploader.cancelled || uploader.batch?.state === "completed") return false;
  return uploader.running || uploader.missing.size > 0;
}

function PauseOrResume({ upload: { uploader, board } }: { upload: Upload }) {
  const isPaused = useLive(board, () => uploader.batch?.state === "paused").value;
  return isPaused ? (
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
  );
}

function CancelButton({ upload }: { upload: Upload }) {
  const cancel = (): void => {
    // Cancelling can't be undone, so a single wrong click must not do it.
    if (confirm(words.controls.confirmCancel)) void cancelUpload(upload);
  };
  return (
    <button type="button" part="button" onClick={cancel}>
      {words.controls.cancelBatch}
    </button>
  );
}
