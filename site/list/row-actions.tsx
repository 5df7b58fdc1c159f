import type { ComponentChildren } from "preact";
import type { ListRow } from "./list-row.ts";
import { words } from "../i18n/page.ts";
import type { FileActions } from "./file-actions.ts";

// Keys do the same from the list, so nothing here needs a tab stop of its own.

interface EndActionProps {
  row: ListRow;
  actions: FileActions;
}

/** Sends a failed file again. */
export function RetryAction({ row, actions: { retry } }: EndActionProps) {
  if (retry === null || !row.canRetry.value) return null;
  return (
    <RowAction row={row} kind="quiet" label={words.row.retryNamed(row.name.value)} action={retry}>
      {words.batch.retry}
    </RowAction>
  );
}

/** Calls a file off until it is settled; brings it back once it is stored. */
export function CancelOrDownload({ row, actions: { cancel, contentLink } }: EndActionProps) {
  const name = row.name.value;
  if (cancel !== null && row.canCancel.value) {
    return (
      <RowAction row={row} kind="icon" label={words.row.cancelNamed(name)} action={cancel}>
        ×
      </RowAction>
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

interface RowActionProps {
  row: ListRow;
  kind: "quiet" | "icon";
  label: string;
  action: (file: number) => void;
  children: ComponentChildren;
}

function RowAction({ row, kind, label, action, children }: RowActionProps) {
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
        action(row.place.value.file);
      }}
    >
      {children}
    </button>
  );
}
