import { useSignal } from "@preact/signals";
import type { TargetedSubmitEvent } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { BATCH_NAME_CHARACTERS } from "../../protocol/index.ts";
import type { Board } from "../batch/board.ts";
import { words } from "../i18n/page.ts";
import { shownName } from "../ui/shown-name.ts";

/** Stores a name; "" removes it. Rejects if the server doesn't take it. */
export type Rename = (name: string) => Promise<void>;

interface BatchNameProps {
  board: Board;
  /** Null before the batch exists: the button takes its place then. Undefined for viewers. */
  rename: Rename | null | undefined;
}

/** The name of a batch. Its sender changes it in place. */
export function BatchName({ board, rename }: BatchNameProps) {
  const isEditing = useSignal(false);
  /** The name that is being stored; null if none is. */
  const pending = useSignal<string | null>(null);
  const hasFailed = useSignal(false);
  const name = pending.value ?? board.name.value;

  const save = async (changed: string): Promise<void> => {
    isEditing.value = false;
    if (!rename || changed === (pending.peek() ?? board.name.peek())) return;
    pending.value = changed;
    hasFailed.value = false;
    try {
      await rename(changed);
    } catch {
      hasFailed.value = true;
      pending.value = null;
    }
  };
  // The name comes back with the batch, and may then be changed elsewhere.
  useEffect(() => {
    if (pending.peek() === board.name.value) pending.value = null;
  }, [board.name.value]);

  if (isEditing.value)
    return <NameForm name={name} onSave={save} onCancel={() => void (isEditing.value = false)} />;
  if (rename === undefined && name === "") return null;
  return (
    <div class="batch-name">
      {name !== "" && <bdi>{shownName(name)}</bdi>}
      {rename && (
        <button type="button" class="quiet rename" onClick={() => void (isEditing.value = true)}>
          {name === "" ? words.batchName.add : words.batchName.rename}
        </button>
      )}
      {hasFailed.value && <span role="alert">{words.batchName.failed}</span>}
    </div>
  );
}

interface NameFormProps {
  name: string;
  onSave: (name: string) => Promise<void>;
  onCancel: () => void;
}

/** Enter saves, Escape cancels. */
function NameForm({ name, onSave, onCancel }: NameFormProps) {
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => input.current?.select(), []);
  const submit = (event: TargetedSubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    void onSave(input.current?.value.trim() ?? "");
  };
  return (
    <form class="batch-name" onSubmit={submit}>
      <input
        ref={input}
        onKeyDown={({ key }) => (key === "Escape" ? onCancel() : undefined)}
        defaultValue={name}
        maxLength={BATCH_NAME_CHARACTERS}
        aria-label={words.batchName.label}
        dir="auto"
        enterkeyhint="done"
      />
      <button type="submit">{words.batchName.save}</button>
      <button type="button" onClick={onCancel}>
        {words.batchName.cancel}
      </button>
    </form>
  );
}
