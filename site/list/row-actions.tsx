import type { ComponentChildren } from "preact";
import type { Row } from "./row.ts";
import { words } from "../i18n/page.ts";
import type { FileActions } from "./file-actions.ts";

// Keys do the same from the list, so nothing here needs a tab stop of its own.

interface RowActionProps {
  row: Row;
  actions: FileActions;
}

/** Sends a failed file again. */
export function RetryAction({ row, actions: { retry } }: RowActionProps) {
  if (retry === null || !row.canRetry.value) return null;
  return (
    <Deed row={row} kind="quiet" label={words.row.retryNamed(row.name.value)} deed={retry}>
      {words.batch.retry}
    </Deed>
  );
}

/** Calls a file off until it is settled; brings it back once it is stored. */
export function EndAction({ row, actions: { cancel, contentLink } }: RowActionProps) {
  const name = row.name.value;
  if (cancel !== null && row.canCancel.value) {
    return (
      <Deed row={row} kind="icon" label={words.row.cancelNamed(name)} deed={cancel}>
        ×
      </Deed>
    );
  }
  const link = row.state.value === "completed" ? contentLink(row.place.value.file) : null;
  if (link === null) return null;
  const label = words.row.downloadNamed(name);
  return (
    <a class="icon" href={link} download tabIndex={-1} aria-label={label} title={label}>
      ↓
    </a>
  );
}

interface DeedProps {
  row: Row;
  kind: "quiet" | "icon";
  label: string;
  deed: (file: number) => void;
  children: ComponentChildren;
}

function Deed({ row, kind, label, deed, children }: DeedProps) {
  return (
    <button
      type="button"
      class={kind}
      tabIndex={-1}
      aria-label={label}
      title={label}
      onClick={(event) => {
        // The button goes with the state it is for, and must not take the focus with it.
        event.currentTarget.closest<HTMLElement>("[role=grid]")?.focus({ preventScroll: true });
        deed(row.place.value.file);
      }}
    >
      {children}
    </button>
  );
}
