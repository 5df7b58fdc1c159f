import type { ComponentChildren } from "preact";
import { Spoken } from "../announce/announcement.tsx";
import { words } from "../i18n/index.ts";
import type { FileFilter } from "./file-filter.ts";
import { acceptedText } from "./limits-text.ts";
import { Names } from "./names.tsx";
import { countSkipped } from "./skipped-files.ts";
import type { Uploads } from "./uploads.ts";

/** Notes about the last drop: folders are being read, files were skipped, or none were found. */
export function DropNotes({ uploads }: { uploads: Uploads }) {
  return (
    <div class="notes">
      {uploads.foldersReading.value > 0 && (
        <p class="note" part="note">
          {words.drop.reading}
        </p>
      )}
      {uploads.isEmptyDrop.value && (
        <p class="note" part="note">
          <Spoken text={words.drop.noFiles} />
        </p>
      )}
      <Skipped filter={uploads.fileFilter} />
      <Duplicates uploads={uploads} />
    </div>
  );
}

/** Names everything that is not uploaded. */
function Skipped({ filter }: { filter: FileFilter }) {
  const skipped = filter.skipped.value;
  if (countSkipped(skipped) === 0) return null;
  const { tooLarge, wrongType, overLimit, overBytes, unreadable, emptyFolders, undecodable } =
    skipped;
  const { files, bytes = 0, fileBytes } = skipped.limits;
  const { drop } = words;
  return (
    <NoteWithActions actions={[[drop.ok, () => filter.clearSkipped()]]}>
      <Names names={tooLarge} text={(names) => drop.tooLarge(names, fileBytes)} />
      <Names
        names={wrongType}
        text={(names) => drop.wrongType(names, acceptedText(skipped.limits, words.limits))}
      />
      <Names names={overLimit} text={(names) => drop.overLimit(names, files)} />
      <Names names={overBytes} text={(names) => drop.overBytes(names, bytes)} />
      <Names names={unreadable} text={drop.unreadable} />
      <Names
        names={[...new Set(undecodable)]}
        text={(names) => drop.undecodable(undecodable.length, names)}
      />
      <Names names={emptyFolders} text={drop.emptyFolders} />
    </NoteWithActions>
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
      <p>
        <Spoken text={words.drop.duplicates(length)} />
      </p>
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
