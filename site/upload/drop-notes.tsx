import type { ComponentChildren } from "preact";
import { words } from "../i18n/index.ts";
import { shownName } from "../ui/shown-name.ts";
import type { Uploads } from "./uploads.ts";

/** Notes about the last drop: folders are being read, files were skipped, or none were found. */
export function DropNotes({ uploads }: { uploads: Uploads }) {
  const { fileFilter } = uploads;
  const { overLimit, tooLarge, unreadable, limits } = fileFilter.skipped.value;
  const hasSkipped = overLimit + tooLarge.length + unreadable.length > 0;
  return (
    <div class="notes" role="status">
      {uploads.foldersReading.value > 0 && (
        <p class="note" part="note">
          {words.drop.reading}
        </p>
      )}
      {uploads.isEmptyDrop.value && (
        <p class="note" part="note">
          {words.drop.noFiles}
        </p>
      )}
      {hasSkipped && (
        <NoteWithActions actions={[[words.drop.ok, () => fileFilter.clearSkipped()]]}>
          {tooLarge.length > 0 && (
            <p>{words.drop.tooLarge(tooLarge.map(shownName), limits.fileBytes)}</p>
          )}
          {overLimit > 0 && <p>{words.drop.overLimit(overLimit, limits.files)}</p>}
          {unreadable.length > 0 && <p>{words.drop.unreadable(unreadable.map(shownName))}</p>}
        </NoteWithActions>
      )}
      <Duplicates uploads={uploads} />
    </div>
  );
}

/** Asks what to do with files that are already in the batch. */
function Duplicates({ uploads }: { uploads: Uploads }) {
  const { length } = uploads.fileFilter.duplicates.value;
  if (length === 0) return null;
  return (
    <NoteWithActions
      actions={[
        [words.drop.skip, () => void uploads.fileFilter.takeDuplicates()],
        [words.drop.uploadAgain, () => uploads.addDuplicates()],
      ]}
    >
      <p>{words.drop.duplicates(length)}</p>
    </NoteWithActions>
  );
}

interface NoteWithActionsProps {
  actions: [label: string, run: () => void][];
  children: ComponentChildren;
}

function NoteWithActions({ actions, children }: NoteWithActionsProps) {
  return (
    <div class="note" part="note">
      <div>{children}</div>
      <div class="actions">
        {actions.map(([label, run]) => (
          <button key={label} type="button" part="button" onClick={run}>
            {label}
          </button>
        ))}
      </div>
    </div>
  );
}
