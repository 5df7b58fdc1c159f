import type { BatchResource } from "../../protocol/index.ts";
import type { Upload, Uploads } from "../state/uploads.ts";
import { shareLink } from "../state/share-link.ts";
import { words } from "../words/index.ts";
import { useLive } from "./live.ts";
import { PickButtons } from "./pick-buttons.tsx";
import { RunControls } from "./run-controls.tsx";
import { ShareLink } from "./share-link.tsx";
import { SpeedChoice } from "./speed-choice.tsx";

interface UploadActionsProps {
  upload: Upload;
  uploads: Uploads;
}

/** What the uploader can do with the batch: pause it, add to it, share it, go on to the next. */
export function UploadActions({ upload, uploads }: UploadActionsProps) {
  const link = useLive(upload.board, () => {
    const { created } = upload.uploader;
    return created && shareLink(created, location.origin);
  });
  const isOver = useLive(upload.board, () => isClosed(upload.uploader.batch));
  return (
    <div class="actions">
      <RunControls upload={upload} />
      {isOver.value ? (
        <button type="button" onClick={() => uploads.clear()}>
          {words.summary.another}
        </button>
      ) : (
        <>
          <PickButtons
            files={words.drop.addFiles}
            folder={words.drop.addFolder}
            onPick={(files) => uploads.pick(files)}
          />
          <SpeedChoice limit={uploads.speedLimit} />
        </>
      )}
      {link.value !== null && <ShareLink link={link.value} />}
    </div>
  );
}

/** Does the batch take no more files? */
function isClosed(batch: BatchResource | null): boolean {
  return batch !== null && (batch.sealed || batch.state === "cancelled");
}
