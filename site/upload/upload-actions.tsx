import type { ComponentChildren } from "preact";
import type { BatchResource } from "../../protocol/index.ts";
import type { Upload, Uploads } from "./uploads.ts";
import { words } from "../i18n/index.ts";
import { useLive } from "../ui/use-live.ts";
import { PickButtons } from "./pick-buttons.tsx";
import { RunControls } from "./run-controls.tsx";

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
          {words.summary.another}
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
