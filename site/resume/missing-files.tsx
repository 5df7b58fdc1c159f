import type { ComponentChildren } from "preact";
import { PickButtons } from "../upload/pick-buttons.tsx";
import { useLive } from "../ui/use-live.ts";
import type { Upload, Uploads } from "../upload/uploads.ts";
import { words } from "../i18n/page.ts";
import type { Returning } from "./resume.ts";

interface MissingFilesProps {
  upload: Upload;
  uploads: Uploads;
  returning: Returning;
}

/** Of a batch that is gone on with: files that nobody has brought yet, and what is none of its files. */
export function MissingFiles({ upload, uploads, returning }: MissingFilesProps) {
  return (
    <div role="status">
      <Missing upload={upload} uploads={uploads} />
      <Strangers upload={upload} returning={returning} />
    </div>
  );
}

function Missing({ upload, uploads }: Pick<MissingFilesProps, "upload" | "uploads">) {
  const { board, uploader } = upload;
  // In a batch begun here they are somebody else's, who may be about to send them.
  const isSoon = () => upload.bring === null && uploader.running;
  const missing = useLive(board, () => (isSoon() ? 0 : uploader.missing.size));
  if (missing.value === 0 || board.searches.value > 0) return null;
  return (
    <Note text={words.returning.missing(missing.value)}>
      <PickButtons
        files={words.returning.filesAgain}
        folder={words.returning.folderAgain}
        onPick={(files) => uploads.pick(files)}
      />
      <button type="button" onClick={() => void uploader.cancel([...uploader.missing])}>
        {words.returning.without}
      </button>
    </Note>
  );
}

function Strangers({ upload, returning }: Pick<MissingFilesProps, "upload" | "returning">) {
  const { board, uploader } = upload;
  const isSealed = useLive(board, () => uploader.batch?.sealed === true);
  const { length } = returning.strangers.value;
  if (length === 0) return null;
  const leaveOut = (): void => void (returning.strangers.value = []);
  return (
    <Note text={words.returning.strangers(length)}>
      <button type="button" onClick={leaveOut}>
        {words.drop.leaveOut}
      </button>
      {!isSealed.value && (
        <button type="button" onClick={() => returning.takeStrangers()}>
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
