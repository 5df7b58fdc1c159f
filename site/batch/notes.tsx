import type { ComponentChildren } from "preact";
import type { Uploads } from "../upload/uploads.ts";
import { words } from "../i18n/index.ts";

/** What there is to say about the last drop: that folders are being read, or what was left out. */
export function Notes({ uploads }: { uploads: Uploads }) {
  const { gate } = uploads;
  const { over, tooLarge, unreadable, limits } = gate.leftOut.value;
  const hasLeftOut = over + tooLarge.length + unreadable > 0;
  return (
    <div class="notes" role="status">
      {uploads.reading.value > 0 && (
        <p class="note" part="note">
          {words.drop.reading}
        </p>
      )}
      {uploads.isEmptyDrop.value && (
        <p class="note" part="note">
          {words.drop.nothing}
        </p>
      )}
      {hasLeftOut && (
        <Question answers={[[words.drop.understood, () => gate.forgetLeftOut()]]}>
          {tooLarge.length > 0 && <p>{words.drop.tooLarge(tooLarge, limits.fileBytes)}</p>}
          {over > 0 && <p>{words.drop.over(over, limits.files)}</p>}
          {unreadable > 0 && <p>{words.drop.unreadable(unreadable)}</p>}
        </Question>
      )}
      <Doubles uploads={uploads} />
    </div>
  );
}

/** Files that are in the batch already are kept back until somebody says what is meant. */
function Doubles({ uploads }: { uploads: Uploads }) {
  const { length } = uploads.gate.doubles.value;
  if (length === 0) return null;
  return (
    <Question
      answers={[
        [words.drop.leaveOut, () => void uploads.gate.takeDoubles()],
        [words.drop.uploadToo, () => uploads.add(uploads.gate.takeDoubles())],
      ]}
    >
      <p>{words.drop.doubles(length)}</p>
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
