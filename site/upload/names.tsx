import { useSignal } from "@preact/signals";
import { Spoken } from "../announce/announcement.tsx";
import { words } from "../i18n/index.ts";
import { SOME_NAMES } from "../i18n/formats.ts";

interface NamesProps {
  names: readonly string[];
  /** Returns a sentence that has some of the names. */
  text: (names: readonly string[]) => string;
}

/** A sentence about files, and all of their names if the sentence has too few; nothing without files. */
export function Names({ names, text }: NamesProps) {
  if (names.length === 0) return null;
  return (
    <>
      <p>
        <Spoken text={text(names)} />
      </p>
      {names.length > SOME_NAMES && <AllNames names={names} />}
    </>
  );
}

/** The names are one text, which can be copied. Elements for thousands of them would block the page. */
function AllNames({ names }: { names: readonly string[] }) {
  const isOpen = useSignal(false);
  return (
    <details
      class="all-names"
      onToggle={({ currentTarget }) => void (isOpen.value = currentTarget.open)}
    >
      <summary>{words.drop.showAll}</summary>
      {isOpen.value && (
        <textarea readOnly rows={8} aria-label={words.drop.allNames} value={names.join("\n")} />
      )}
    </details>
  );
}
