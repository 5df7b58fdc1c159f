import type { ComponentChildren } from "preact";
import { PickButtons } from "../upload/pick-buttons.tsx";
import { useLive } from "../ui/use-live.ts";
import type { Upload, Uploads } from "../upload/uploads.ts";
import { words } from "../i18n/page.ts";
import type { ResumeController } from "./resume-controller.ts";

interface MissingFilesProps {
  upload: Upload;
  uploads: Uploads;
  controller: ResumeController;
}

/** Of a batch that is gone on with: files that nobody has brought yet, and what is none of its files. */
export function MissingFiles({ upload, uploads, controller }: MissingFilesProps) {
  return (
    <div role="status">
      <MissingNote upload={upload} uploads={uploads} />
      <UnmatchedNote upload={upload} controller={controller} />
    </div>
  );
}

function MissingNote({ upload, uploads }: Pick<MissingFilesProps, "upload" | "uploads">) {
  const { board, uploader } = upload;
  // In a batch begun here they are somebody else's, who may be about to send them.
  const isSoon = () => upload.matchSources === null && uploader.running;
  const missing = useLive(board, () => (isSoon() ? 0 : uploader.missing.size));
  if (missing.value === 0 || board.searches.value > 0) return null;
  return (
    <Note text={words.returning.missing(missing.value)}>
      <PickButtons
        files={words.returning.filesAgain}
        folder={words.returning.folderAgain}
        onPick={(files) => uploads.addPicked(files)}
      />
      <button type="button" onClick={() => void uploader.cancel([...uploader.missing])}>
        {words.returning.without}
      </button>
    </Note>
  );
}

function UnmatchedNote({ upload, controller }: Pick<MissingFilesProps, "upload" | "controller">) {
  const { board, uploader } = upload;
  const isSealed = useLive(board, () => uploader.batch?.sealed === true);
  const { length } = controller.unmatched.value;
  if (length === 0) return null;
  const skip = (): void => void (controller.unmatched.value = []);
  return (
    <Note text={words.returning.strangers(length)}>
      <button type="button" onClick={skip}>
        {words.drop.leaveOut}
      </button>
      {!isSealed.value && (
        <button type="button" onClick={() => controller.addUnmatched()}>
          {words.returning.add}
        </button>
      )}
    </Note>
  );
}

function Note({ text, children }: { text: string; children: ComponentChildren }) {
  return (
    <div class="note">
      <p>{text}</p>
      <div class="actions">{children}</div>
    </div>
  );
}
