import { useSignal } from "@preact/signals";
import type { RefObject, TargetedSubmitEvent } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
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
  const renameButton = useFocusAfter(isEditing.value);
  const { name, hasFailed, save } = useRenaming(board, rename);
  const end = (): void => void (isEditing.value = false);
  const saveAndEnd = async (changed: string): Promise<void> => {
    end();
    await save(changed);
  };
  if (isEditing.value) return <NameForm name={name} onSave={saveAndEnd} onCancel={end} />;
  if (rename === undefined && name === "") return null;
  return (
    <div class="batch-name">
      {name !== "" && <bdi>{shownName(name)}</bdi>}
      {rename && (
        <button
          ref={renameButton}
          type="button"
          class="quiet rename"
          onClick={() => void (isEditing.value = true)}
        >
          {name === "" ? words.batchName.add : words.batchName.rename}
        </button>
      )}
      {hasFailed && <span role="alert">{words.batchName.failed}</span>}
    </div>
  );
}

/** Returns the name to show, also while it is being stored, and how to change it. */
function useRenaming(board: Board, rename: BatchNameProps["rename"]) {
  /** The name that is being stored; null if none is. */
  const pending = useSignal<string | null>(null);
  const hasFailed = useSignal(false);
  const save = async (changed: string): Promise<void> => {
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
  return { name: pending.value ?? board.name.value, hasFailed: hasFailed.value, save };
}

/** Returns the ref of a control that takes the focus back when an edit, which it started, ends. */
function useFocusAfter(isEditing: boolean): RefObject<HTMLButtonElement | null> {
  const control = useRef<HTMLButtonElement>(null);
  const wasEditing = useRef(false);
  useLayoutEffect(() => {
    if (wasEditing.current && !isEditing) control.current?.focus();
    wasEditing.current = isEditing;
  }, [isEditing]);
  return control;
}

interface NameFormProps {
  name: string;
  onSave: (name: string) => Promise<void>;
  onCancel: () => void;
}

/** Enter saves, Escape cancels. */
function NameForm({ name, onSave, onCancel }: NameFormProps) {
  const input = useRef<HTMLInputElement>(null);
  // At once, so that no key is lost. Not by `select()` alone: that moves the focus in Chromium only.
  useLayoutEffect(() => {
    input.current?.focus();
    input.current?.select();
  }, []);
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
