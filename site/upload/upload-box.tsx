import type { Uploads } from "./uploads.ts";
import { words } from "../i18n/index.ts";
import { Connection } from "../batch/connection.tsx";
import { DropTarget } from "./drop-target.tsx";
import { Heading } from "../ui/heading.tsx";
import { DropNotes } from "./drop-notes.tsx";
import { PickButtons } from "./pick-buttons.tsx";
import { TallyMark } from "../tally/tally-mark.tsx";
import { UploadProgress } from "./upload-progress.tsx";

interface UploadBoxProps {
  uploads: Uploads;
  /** Where files may be dropped and pasted. */
  zone: HTMLElement;
}

/** Uploading within somebody else's page: a place to drop files, and then how far they are. */
export function UploadBox({ uploads, zone }: UploadBoxProps) {
  const upload = uploads.current.value;
  return (
    <>
      <DropNotes uploads={uploads} />
      {upload === null ? (
        <EmptyBox uploads={uploads} />
      ) : (
        <>
          <UploadProgress key={upload} upload={upload} uploads={uploads} />
          <Connection board={upload.board} />
        </>
      )}
      <DropTarget zone={zone} onDrop={(incoming) => void uploads.addIncoming(incoming)} />
    </>
  );
}

function EmptyBox({ uploads }: { uploads: Uploads }) {
  return (
    <div class="box" part="empty">
      <TallyMark />
      <div>
        <Heading class="box-title">
          {words.empty.title} {words.empty.promise}
        </Heading>
        <p class="hint">{words.empty.hint}</p>
        <div class="actions">
          <PickButtons
            kind="primary"
            files={words.drop.chooseFiles}
            folder={words.drop.chooseFolder}
            onPick={(files) => uploads.addPicked(files)}
          />
        </div>
      </div>
    </div>
  );
}
