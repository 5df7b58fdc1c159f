import type { ComponentChildren } from "preact";
import { Spoken } from "../announce/announcement.tsx";
import { isBatchOver } from "../../protocol/index.ts";
import { words } from "../i18n/page.ts";
import { savesNoFiles, savesNothing } from "../persistence/database.ts";
import { shownName } from "../ui/shown-name.ts";
import { useLive } from "../ui/use-live.ts";
import { acceptOf } from "../upload/accept.ts";
import { useUnsaved } from "../upload/leave-guard.tsx";
import { PickButtons } from "../upload/pick-buttons.tsx";
import type { Upload, Uploads } from "../upload/uploads.ts";
import type { ResumeController } from "./resume-controller.ts";

interface MissingFilesProps {
  upload: Upload;
  uploads: Uploads;
  controller: ResumeController;
}

/**
 * Notes about a batch that was resumed, or can't be: files to choose again, chosen files that match none of
 * its files, and a window that saves nothing, or no files.
 */
export function MissingFiles({ upload, uploads, controller }: MissingFilesProps) {
  useUnsaved(() => controller.unmatched.peek().length > 0);
  return (
    <>
      <MissingNote upload={upload} uploads={uploads} />
      <UnmatchedNote upload={upload} controller={controller} />
      <UnsavedNote upload={upload} />
    </>
  );
}

function MissingNote({ upload, uploads }: Pick<MissingFilesProps, "upload" | "uploads">) {
  const { board, uploader } = upload;
  // Files missing from a batch that was created here belong to another client, which may send them.
  const isOtherClients = () => upload.matchSources === null && uploader.running;
  const missing = useLive(board, () => (isOtherClients() ? 0 : uploader.missing.size));
  if (missing.value === 0 || board.searches.value > 0) return null;
  return (
    <Note text={words.resume.missing(namesOf(upload))}>
      <PickButtons
        files={words.resume.chooseFiles}
        folder={words.resume.chooseFolder}
        accept={acceptOf(uploads.limits)}
        onPick={(files) => uploads.addPicked(files)}
      />
      <button type="button" onClick={() => void uploader.cancel([...uploader.missing])}>
        {words.resume.continueWithout(missing.value)}
      </button>
    </Note>
  );
}

function namesOf({ board: { ledger }, uploader }: Upload): string[] {
  return Array.from(uploader.missing, (file) => shownName(ledger.name(file)));
}

function UnmatchedNote({ upload, controller }: Pick<MissingFilesProps, "upload" | "controller">) {
  const { board, uploader } = upload;
  const isSealed = useLive(board, () => uploader.batch?.sealed === true);
  const { length } = controller.unmatched.value;
  if (length === 0) return null;
  const skip = (): void => void (controller.unmatched.value = []);
  return (
    <Note text={words.resume.unmatched(length)}>
      <button type="button" onClick={skip}>
        {isSealed.value ? words.drop.ok : words.drop.skip}
      </button>
      {!isSealed.value && (
        <button type="button" onClick={() => controller.addUnmatched()}>
          {words.resume.addToBatch}
        </button>
      )}
    </Note>
  );
}

function UnsavedNote({ upload: { board, uploader } }: Pick<MissingFilesProps, "upload">) {
  const isOver = useLive(board, () => uploader.batch !== null && isBatchOver(uploader.batch.state));
  if (isOver.value) return null;
  if (savesNothing.value) return <Note text={words.resume.savesNothing} />;
  return savesNoFiles.value ? <Note text={words.resume.savesNoFiles} /> : null;
}

function Note({ text, children }: { text: string; children?: ComponentChildren }) {
  return (
    <div class="note">
      <p>
        <Spoken text={text} />
      </p>
      {children && <div class="actions">{children}</div>}
    </div>
  );
}
