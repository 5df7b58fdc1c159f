import type { ComponentChildren } from "preact";
import type { Uploads } from "./uploads.ts";
import { words } from "../i18n/index.ts";

/** What there is to say about the last drop: that folders are being read, or what was left out. */
export function DropNotes({ uploads }: { uploads: Uploads }) {
  const { fileFilter } = uploads;
  const { overLimit, tooLarge, unreadable, limits } = fileFilter.skipped.value;
  const hasLeftOut = overLimit + tooLarge.length + unreadable > 0;
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
      {hasLeftOut && (
        <Question answers={[[words.drop.ok, () => fileFilter.clearSkipped()]]}>
          {tooLarge.length > 0 && <p>{words.drop.tooLarge(tooLarge, limits.fileBytes)}</p>}
          {overLimit > 0 && <p>{words.drop.overLimit(overLimit, limits.files)}</p>}
          {unreadable > 0 && <p>{words.drop.unreadable(unreadable)}</p>}
        </Question>
      )}
      <Duplicates uploads={uploads} />
    </div>
  );
}

/** Files that are in the batch already are kept back until somebody says what is meant. */
function Duplicates({ uploads }: { uploads: Uploads }) {
  const { length } = uploads.fileFilter.duplicates.value;
  if (length === 0) return null;
  return (
    <Question
      answers={[
        [words.drop.skip, () => void uploads.fileFilter.takeDuplicates()],
        [words.drop.uploadAgain, () => uploads.addSources(uploads.fileFilter.takeDuplicates())],
      ]}
    >
      <p>{words.drop.duplicates(length)}</p>
    </Question>
  );
}

interface QuestionProps {
  answers: [label: string, answer: () => void][];
  children: ComponentChildren;
}

function Question({ answers, children }: QuestionProps) {
  return (
    <div class="note" part="note">
      <div>{children}</div>
      <div class="actions">
        {answers.map(([label, answer]) => (
          <button key={label} type="button" part="button" onClick={answer}>
            {label}
          </button>
        ))}
      </div>
    </div>
  );
}
